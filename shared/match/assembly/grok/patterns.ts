import { bytes, Slice } from "@ai-gateway-wasm/bytes";

/**
 * The base set of logstash (grok-patterns), MOBILE and IDCARD of ai-data-masking: a name, a blank
 * and its expression per line. `\u0001` and `\u0002` behind a backslash: no digit stands before, or
 * behind. Other lookaround is left out and atomic groups are plain ones, so what an expression
 * finds in the crate grok 2.0.0 it finds here too, and some more. Groups that count in the crate
 * count here, but for those of IPV6. H16, OCTET and QUAD are ours.
 */
export const GROK_PATTERNS: Slice = bytes(
  "MOBILE \\d{8,11}\n" +
    "IDCARD \\d{17}[0-9Xx]|\\d{15}\n" +
    "USERNAME [a-zA-Z0-9._-]+\n" +
    "USER %{USERNAME}\n" +
    "EMAILLOCALPART [a-zA-Z][a-zA-Z0-9_.+-=:]+\n" +
    "EMAILADDRESS %{EMAILLOCALPART}@%{HOSTNAME}\n" +
    "INT [+-]?[0-9]+\n" +
    "BASE10NUM [+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)\n" +
    "NUMBER %{BASE10NUM}\n" +
    "BASE16NUM [+-]?(?:0x)?[0-9A-Fa-f]+\n" +
    "BASE16FLOAT \\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)\\b\n" +
    "POSINT \\b[1-9][0-9]*\\b\n" +
    "NONNEGINT \\b[0-9]+\\b\n" +
    "WORD \\b\\w+\\b\n" +
    "NOTSPACE \\S+\n" +
    "SPACE \\s*\n" +
    "DATA .*?\n" +
    "GREEDYDATA .*\n" +
    "QUOTEDSTRING \"(?:\\\\.|[^\\\\\"])*\"|'(?:\\\\.|[^\\\\'])*'|`(?:\\\\.|[^\\\\`])*`\n" +
    "QS %{QUOTEDSTRING}\n" +
    "UUID [A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}\n" +
    "URN urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+\n" +
    "MAC %{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}\n" +
    "CISCOMAC (?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}\n" +
    "WINDOWSMAC (?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}\n" +
    "COMMONMAC (?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}\n" +
    "H16 [0-9A-Fa-f]{1,4}\n" +
    "OCTET 25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2}\n" +
    "IPV6 (?:(?:%{H16}:){7}(?:%{H16}|:)|(?:%{H16}:){6}(?::%{H16}|%{QUAD}|:)|(?:%{H16}:){5}(?:(?::%{H16}){1,2}|:%{QUAD}|:)|(?:%{H16}:){4}(?:(?::%{H16}){1,3}|(?::%{H16})?:%{QUAD}|:)|(?:%{H16}:){3}(?:(?::%{H16}){1,4}|(?::%{H16}){0,2}:%{QUAD}|:)|(?:%{H16}:){2}(?:(?::%{H16}){1,5}|(?::%{H16}){0,3}:%{QUAD}|:)|%{H16}:(?:(?::%{H16}){1,6}|(?::%{H16}){0,4}:%{QUAD}|:)|:(?:(?::%{H16}){1,7}|(?::%{H16}){0,5}:%{QUAD}|:))(?:%.+)?\n" +
    "QUAD %{OCTET}(?:\\.%{OCTET}){3}\n" +
    "IPV4 \\\u0001%{QUAD}\\\u0002\n" +
    "IP %{IPV6}|%{IPV4}\n" +
    "HOSTNAME \\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*(\\.?)\n" +
    "HOST %{HOSTNAME}\n" +
    "IPORHOST %{IP}|%{HOSTNAME}\n" +
    "HOSTPORT %{IPORHOST}:%{POSINT}\n" +
    "PATH %{UNIXPATH}|%{WINPATH}\n" +
    "UNIXPATH (/([\\w%!$@:.,+~-]+|\\\\.)*)+\n" +
    "TTY /dev/(pts|tty([pq])?)(\\w+)?/?[0-9]+\n" +
    "WINPATH (?:[A-Za-z]+:|\\\\)(?:\\\\[^\\\\?*]*)+\n" +
    "URIPROTO [A-Za-z]([A-Za-z0-9+\\-.]+)\n" +
    "URIHOST %{IPORHOST}(?::%{POSINT:port})?\n" +
    "URIPATH (?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\\-]*)+\n" +
    "URIQUERY [A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\-\\[\\]<>]*\n" +
    "URIPARAM \\?%{URIQUERY}\n" +
    "URIPATHPARAM %{URIPATH}(?:%{URIPARAM})?\n" +
    "URI %{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?\n" +
    "MONTH \\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo](?:c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\\b\n" +
    "MONTHNUM 0?[1-9]|1[0-2]\n" +
    "MONTHNUM2 0[1-9]|1[0-2]\n" +
    "MONTHDAY 0[1-9]|[12][0-9]|3[01]|[1-9]\n" +
    "DAY Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?\n" +
    "YEAR (?:\\d\\d){1,2}\n" +
    "HOUR 2[0123]|[01]?[0-9]\n" +
    "MINUTE [0-5][0-9]\n" +
    "SECOND (?:60|[0-5]?[0-9])(?:[:.,][0-9]+)?\n" +
    "TIME %{HOUR}:%{MINUTE}:%{SECOND}\\\u0002\n" +
    "DATE_US %{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}\n" +
    "DATE_EU %{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}\n" +
    "ISO8601_TIMEZONE Z|[+-]%{HOUR}(?::?%{MINUTE})\n" +
    "ISO8601_SECOND %{SECOND}\n" +
    "TIMESTAMP_ISO8601 %{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?\n" +
    "DATE %{DATE_US}|%{DATE_EU}\n" +
    "DATESTAMP %{DATE}[- ]%{TIME}\n" +
    "TZ [APMCE][SD]T|UTC\n" +
    "DATESTAMP_RFC822 %{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}\n" +
    "DATESTAMP_RFC2822 %{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}\n" +
    "DATESTAMP_OTHER %{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}\n" +
    "DATESTAMP_EVENTLOG %{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}\n" +
    "SYSLOGTIMESTAMP %{MONTH} +%{MONTHDAY} %{TIME}\n" +
    "PROG [\\x21-\\x5a\\x5c\\x5e-\\x7e]+\n" +
    "SYSLOGPROG %{PROG:program}(?:\\[%{POSINT:pid}\\])?\n" +
    "SYSLOGHOST %{IPORHOST}\n" +
    "SYSLOGFACILITY <%{NONNEGINT:facility}.%{NONNEGINT:priority}>\n" +
    "SYSLOGBASE %{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:\n" +
    "HTTPDATE %{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}\n" +
    "HTTPDUSER %{EMAILADDRESS}|%{USER}\n" +
    "COMMONAPACHELOG %{IPORHOST:clientip} %{HTTPDUSER:ident} %{USER:auth} \\[%{HTTPDATE:timestamp}\\] \u0022(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})\u0022 %{NUMBER:response} (?:%{NUMBER:bytes}|-)\n" +
    "COMBINEDAPACHELOG %{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}\n" +
    "LOGLEVEL ([Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?|[Ww]arn?(?:ing)?|WARN?(?:ING)?|[Ee]rr?(?:or)?|ERR?(?:OR)?|[Cc]rit?(?:ical)?|CRIT?(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?)\n",
);
