export * from './configuration.js';
export { startService, type Service, type ServiceOptions } from './service.js';
