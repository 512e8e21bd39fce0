/** Every route the service has, so that a wrong method can be told from a wrong address. Never used to let anybody in. */
export class KnownRoutes {
  private readonly routes: { readonly method: string; readonly pattern: RegExp }[] = [];

  /** `path` as the router has it: `/v1/opportunities/:id`. */
  add(method: string, path: string): void {
    const source = path
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))
      .join('/');
    if (!path.includes('*')) this.routes.push({ method, pattern: new RegExp(`^${source}$`) });
  }

  /** The methods that this address takes; none when there is no such address. */
  methodsOf(address: string): readonly string[] {
    return [...new Set(this.routes.filter(({ pattern }) => pattern.test(address)).map(({ method }) => method))].sort();
  }
}
