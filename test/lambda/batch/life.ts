/** The life of an invocation of a function: after its death nothing that it calls comes back. */
export class Life {
  public readonly death: Promise<void>;
  private over = false;
  private tell!: () => void;

  public constructor() {
    this.death = new Promise((resolve) => (this.tell = resolve));
  }

  public get dead(): boolean {
    return this.over;
  }

  public end(): void {
    this.over = true;
    this.tell();
  }

  /** Something that the invocation calls: each of its methods never answers once the invocation is dead. */
  public of<Called extends object>(called: Called): Called {
    return new Proxy(called, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        return typeof member !== 'function'
          ? member
          : (...given: unknown[]): unknown => {
              const answer: unknown = this.over ? this.never() : member.apply(target, given);
              return answer instanceof Promise ? answer.then((value: unknown) => this.handed(value)) : answer;
            };
      },
    });
  }

  private handed(value: unknown): unknown {
    return this.over ? this.never() : value;
  }

  private never(): Promise<never> {
    return new Promise(() => undefined);
  }
}
