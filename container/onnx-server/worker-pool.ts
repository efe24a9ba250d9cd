import { Worker } from 'node:worker_threads';
import type { Answer, Invocation } from './invocation';
import type { ModelSpeed } from './open-model';

export interface WorkerSettings {
  /** Folder of the server, with the description of the model. */
  readonly root: string;
  /** Folder into which SageMaker lays the artifact. */
  readonly modelFolder: string;
  /** Processors that one run of the model uses. */
  readonly threadsPerRun: number;
}

export interface ToWorker {
  readonly id: number;
  readonly invocation: Invocation;
}

export type FromWorker =
  /** The model is open. */
  { readonly speed: ModelSpeed | undefined } | { readonly id: number; readonly answer: Answer };

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, (answer: Answer) => void>;
}

/**
 * Threads that run the model, each with a session of its own: a run blocks its thread until it is over, and the one that speaks
 * HTTP must always be free to answer the next ping.
 */
export class WorkerPool {
  /** Fulfilled when every thread has opened the model. */
  public readonly opened: Promise<ModelSpeed | undefined>;

  private readonly members: readonly Member[];
  private nextId = 0;

  /** @param onFailure called when a thread cannot open the model, or dies */
  constructor(file: string, count: number, settings: WorkerSettings, onFailure: (cause: unknown) => void) {
    this.members = Array.from({ length: count }, () => ({
      worker: new Worker(file, { workerData: settings }),
      pending: new Map(),
    }));
    this.opened = Promise.all(this.members.map((member) => open(member, onFailure))).then(([speed]) => speed);
  }

  /** Has the least busy thread answer, as soon as it is open. */
  public answer(invocation: Invocation): Promise<Answer> {
    const member = this.members.reduce((best, other) => (other.pending.size < best.pending.size ? other : best));
    const id = this.nextId++;
    return new Promise((resolve) => {
      member.pending.set(id, resolve);
      const message: ToWorker = { id, invocation };
      member.worker.postMessage(message, [invocation.body.buffer]);
    });
  }
}

function open({ worker, pending }: Member, onFailure: (cause: unknown) => void): Promise<ModelSpeed | undefined> {
  return new Promise((resolve) => {
    worker.on('message', (message: FromWorker) => {
      if ('speed' in message) {
        resolve(message.speed);
        return;
      }
      pending.get(message.id)?.(message.answer);
      pending.delete(message.id);
    });
    worker.on('error', onFailure);
  });
}
