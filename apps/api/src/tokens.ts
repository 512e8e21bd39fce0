/** Names under which Nest hands out what is an interface in TypeScript and so has no class of its own. */
export const STORE = Symbol('the event store');
/** `Measuring`: who answers measures. */
export const MEASURING = Symbol('the measuring');
export const CONFIGURATION = Symbol('the configuration');
/** `() => Date`: the present instant. */
export const NOW = Symbol('the clock');
