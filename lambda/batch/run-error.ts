/** Ends a run; its name is the error of the execution, and its message says what to do. */
export class RunError extends Error {
  public constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
