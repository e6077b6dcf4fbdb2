import { Status } from "../abi/enums";
import { proxy_set_effective_context } from "../abi/imports";
import { RootContext } from "../context/root";

// Few entries (one per configuration alive), so a list.
let roots: RootContext[] = [];

/** The root context of `id`, or null. */
export function findRoot(id: u32): RootContext | null {
  for (let i = 0; i < roots.length; i++) {
    if (roots[i].id == id) return roots[i];
  }
  return null;
}

/** All that live, the oldest first: the configurations of this module, those on their way out included. */
export function allRoots(): RootContext[] {
  return roots;
}

/**
 * Adds a root, and forgets those the host has deleted meanwhile. Asking the host here saves every
 * plugin the export of `proxy_on_delete`, which would be called for each stream too.
 */
export function addRoot(root: RootContext): void {
  const alive: RootContext[] = [];
  for (let i = 0; i < roots.length; i++) {
    if (proxy_set_effective_context(roots[i].id) == Status.Ok) alive.push(roots[i]);
  }
  if (roots.length > 0) proxy_set_effective_context(root.id);
  alive.push(root);
  roots = alive;
}

/** Forgets a root. Unknown ids are fine. */
export function dropRoot(id: u32): void {
  if (findRoot(id) === null) return; // called for every stream
  const kept: RootContext[] = [];
  for (let i = 0; i < roots.length; i++) {
    if (roots[i].id != id) kept.push(roots[i]);
  }
  roots = kept;
}
