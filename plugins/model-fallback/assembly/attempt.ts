import { KeyPath, quoteLikeSjson, setValue } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { QuerySyntax, withoutParameters } from "@ai-gateway-wasm/kit";
import { HeadEdits } from "./head-edits";
import { ACCEPT_ENCODING, AUTHORITY, CREDENTIAL_HEADERS, PATH } from "./names";
import { Target } from "./target";

const QUESTION: u8 = 0x3f;

/**
 * What one attempt at one target sends: the client's request with the target's path, host,
 * credential, headers, model and body edits. It edits a request of the gateway (`HeadEdits.applyTo`)
 * as well as it makes one of our own (`HeadEdits.appendTo`).
 */
@final
export class Attempt {
  /** The model that is asked for; no bytes: the client named none, and only the head is edited. */
  readonly model: Slice;

  constructor(
    readonly target: Target,
    /** The client's name of the model; no bytes: it is a request that is none of ours. */
    private readonly clientModel: Slice,
    /** Who asks; no bytes: unknown. */
    private readonly consumer: Slice,
  ) {
    this.model = clientModel.isEmpty ? clientModel : target.modelFor(clientModel);
  }

  /**
   * Notes the edits of the head.
   *
   * @param path path and query as the client's request has them
   */
  editHead(edits: HeadEdits, path: Slice): void {
    const target = this.target;
    const credential = target.credential;
    if (!target.host.isEmpty) edits.set(AUTHORITY, target.host);
    if (!credential.keepsClients) {
      for (let i = 0; i < CREDENTIAL_HEADERS.length; i++) edits.remove(CREDENTIAL_HEADERS[i]);
    }
    // What the judge cannot read it cannot judge.
    edits.remove(ACCEPT_ENCODING);
    const key = credential.pick(this.consumer);
    let asked = target.path.changes ? target.path.apply(path, this.model) : path;
    if (key !== null && !credential.parameter.isEmpty) {
      asked = withParameter(asked, credential.parameter, key);
    } else if (key !== null) {
      edits.set(credential.header, key);
    }
    if (asked !== path) edits.set(PATH, asked);
    for (let i = 0; i < target.added.length; i++)
      edits.set(target.added[i].name, target.added[i].value);
    for (let i = 0; i < target.removed.length; i++) edits.remove(target.removed[i]);
  }

  /** False: the target wants the client's body as it is. */
  get editsBody(): bool {
    const target = this.target;
    if (target.keepsBody || this.clientModel.isEmpty) return false;
    return this.renames || !target.body.isEmpty;
  }

  /** The client's body as this target wants it; the same slice when nothing changes. */
  editBody(body: Slice, modelKey: KeyPath): Slice {
    if (!this.editsBody) return body;
    let edited = body;
    if (this.renames) {
      const renamed = setValue(body, modelKey, quoteLikeSjson(this.model));
      if (renamed !== null) edited = renamed;
    }
    return this.target.body.apply(edited);
  }

  private get renames(): bool {
    return !this.model.equals(this.clientModel);
  }
}

/** The path with the parameter in place of all of its name. */
function withParameter(path: Slice, name: Slice, value: Slice): Slice {
  const rest = withoutParameters(path, [name], QuerySyntax.Envoy);
  return new Builder(rest.length + name.length + value.length + 2)
    .append(rest)
    .appendByte(rest.indexOf(QUESTION) < 0 ? QUESTION : 0x26)
    .append(name)
    .appendByte(0x3d)
    .append(value)
    .view();
}
