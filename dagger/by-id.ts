/**
 * Objects of the engine by their ids. The SDK asks the engine for the id of every object that it gets as an argument, each time again; an id in
 * the object's place is sent as it is.
 */

/** For use as an argument, and for nothing else. */
export function byId<T extends object>(id: string): T {
  return id as unknown as T;
}
