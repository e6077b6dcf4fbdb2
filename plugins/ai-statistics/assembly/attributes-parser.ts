import { compilePath, JsonValue, PathError, stringOf } from "@ai-gateway-wasm/as-json";
import {
  Builder,
  bytes,
  decimal,
  equalsIgnoreCase,
  lowerCase,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import {
  Attribute,
  Builtin,
  builtinOf,
  nameOfBuiltin,
  Phase,
  phasesOfBuiltin,
  Rule,
} from "./attribute";
import { SPAN_TAG } from "./names";

const SOURCES: Slice[] = [
  bytes("fixed_value"),
  bytes("request_header"),
  bytes("request_body"),
  bytes("response_header"),
  bytes("response_streaming_body"),
  bytes("response_body"),
];
const RULES: Slice[] = [bytes(""), bytes("first"), bytes("replace"), bytes("append")];
const RULE_REFUSAL: string = "value of rule must be one of [nil, first, replace, append]";

/** Reads `attributes`, strictly, as the peer does: a value of another type is refused. */
export function readAttributes(config: ConfigReader, log: PluginLog): Attribute[] {
  const attributes: Attribute[] = [];
  const entries = config.objects("attributes");
  for (let i = 0; i < entries.length && !config.errors.any; i++) {
    if (entries[i].value.isNull) continue; // the peer's dead attribute
    if (!entries[i].value.isObject) {
      config.refuse("attributes[" + decimal(i) + "]", "must be an object");
      break;
    }
    const parser = new AttributeParser(entries[i], log);
    const attribute = parser.parse();
    if (attribute.phases != 0) attributes.push(attribute);
  }
  return attributes;
}

/** Everything that is known without a path. */
export function allAttributes(): Attribute[] {
  const messages = new Attribute();
  messages.key = bytes("messages");
  messages.phases = Phase.RequestBody;
  messages.path = compilePath("messages");
  messages.isLogged = true;
  const attributes: Attribute[] = [messages];
  for (let i = Builtin.Question; i <= Builtin.ToolCalls; i++) attributes.push(logged(i));
  return attributes.concat(tokenAttributes());
}

/** What the answer's usage says in detail. */
export function tokenAttributes(): Attribute[] {
  const attributes: Attribute[] = [];
  for (let i = Builtin.ReasoningTokens; i <= Builtin.OutputDetails; i++) attributes.push(logged(i));
  return attributes;
}

function logged(builtin: Builtin): Attribute {
  const attribute = new Attribute();
  attribute.key = nameOfBuiltin(builtin);
  attribute.builtin = builtin;
  attribute.phases = phasesOfBuiltin(builtin);
  attribute.rule = Rule.Append;
  attribute.isLogged = true;
  return attribute;
}

/** Reads one entry. Field names are compared without case, and the last of equal ones counts. */
@final
class AttributeParser {
  private readonly attribute: Attribute = new Attribute();
  private source: Slice = bytes("");
  private spanKey: Slice = bytes("");
  private isTag: bool = false;

  constructor(
    private readonly reader: ConfigReader,
    private readonly log: PluginLog,
  ) {}

  parse(): Attribute {
    const attribute = this.attribute;
    const members = this.reader.value.entries();
    while (members.next() && !this.reader.errors.any) {
      if (!members.value.isNull) this.readField(members.key, members.value);
    }
    if (this.reader.errors.any) return attribute;
    attribute.builtin = builtinOf(attribute.key);
    attribute.phases = this.phases();
    if (attribute.builtin == Builtin.Answer && attribute.rule == Rule.None) {
      attribute.rule = Rule.Append;
    }
    if (this.isTag) attribute.tag = tagOf(this.spanKey.isEmpty ? attribute.key : this.spanKey);
    this.readPath();
    return attribute;
  }

  private readField(name: Slice, value: JsonValue): void {
    const attribute = this.attribute;
    if (is(name, "key")) attribute.key = this.text("key", value);
    else if (is(name, "value_source")) this.source = this.text("value_source", value);
    else if (is(name, "value")) attribute.value = this.text("value", value);
    else if (is(name, "rule")) this.readRule(value);
    else if (is(name, "default_value")) attribute.fallback = this.text("default_value", value);
    else if (is(name, "apply_to_log")) attribute.isLogged = this.flag("apply_to_log", value);
    else if (is(name, "as_separate_log_field")) {
      attribute.isSeparate = this.flag("as_separate_log_field", value);
    } else if (is(name, "apply_to_span")) this.isTag = this.flag("apply_to_span", value);
    else if (is(name, "trace_span_key")) this.spanKey = this.text("trace_span_key", value);
  }

  private readRule(value: JsonValue): void {
    const text = this.text("rule", value);
    for (let i = 0; i < RULES.length; i++) {
      if (RULES[i].equals(text)) {
        this.attribute.rule = <Rule>i;
        return;
      }
    }
    this.reader.refuse("rule", RULE_REFUSAL);
  }

  private phases(): i32 {
    if (this.source.isEmpty) return phasesOfBuiltin(this.attribute.builtin);
    for (let i = 0; i < SOURCES.length; i++) {
      if (SOURCES[i].equals(this.source)) return 1 << i;
    }
    this.log.warn(
      this.reader.path + ".value_source: unknown, nothing is read: " + this.source.toString(),
    );
    return 0;
  }

  private readPath(): void {
    const attribute = this.attribute;
    const bodies = Phase.RequestBody | Phase.Events | Phase.ResponseBody;
    if (attribute.value.isEmpty) return;
    if (attribute.phases & (Phase.RequestHeader | Phase.ResponseHeader)) {
      attribute.value = lowerCase(attribute.value);
    }
    if (!(attribute.phases & bodies)) return;
    const error = new PathError();
    attribute.path = compilePath(attribute.value.toString(), error);
    // The peer starts all the same.
    if (attribute.path === null) {
      this.log.warn(this.reader.path + ".value: is no path, nothing is read: " + error.reason);
    }
  }

  private text(field: string, value: JsonValue): Slice {
    if (!value.isString) this.reader.refuse(field, "must be a string");
    return stringOf(value).copy();
  }

  private flag(field: string, value: JsonValue): bool {
    if (!value.isBoolean) this.reader.refuse(field, "must be true or false");
    return value.raw.at(0) == 0x74;
  }
}

function tagOf(name: Slice): Slice {
  return new Builder(SPAN_TAG.length + name.length).append(SPAN_TAG).append(name).view();
}

function is(name: Slice, field: string): bool {
  return equalsIgnoreCase(name, bytes(field));
}
