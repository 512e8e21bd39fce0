type Grows = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** The list itself where it has room for `index`, else one of at least twice its length that begins with the same. */
export function grown<List extends Grows>(list: List, index: number): List {
  if (index < list.length) return list;
  const longer = new (list.constructor as new (length: number) => List)(Math.max(index + 1, list.length * 2));
  longer.set(list);
  return longer;
}
