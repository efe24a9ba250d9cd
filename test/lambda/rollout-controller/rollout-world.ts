import type {
  LoopInput,
  Phase,
  RolloutEvent,
  RolloutItem,
  RolloutSettings,
  Verb,
} from '../../../lambda/rollout/contract';
import type { Answer, HookCall, Ports } from '../../../lambda/rollout/ports';
import { desire, executionName, Refused, request, type Wanted } from '../../../lambda/rollout-controller/desire';
import { tick } from '../../../lambda/rollout-controller/tick';
import type { Judgement, JudgeOptions } from '../../../lambda/rollout-judge/contract';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { VirtualTime } from '../batch-arrival/virtual-time';
import { LoopMachine } from './loop-machine';
import { type Quality, Service, type Traffic } from './service';

export const MINUTE = 60_000;

/** What happens at a call of a port: decided when it is made. */
export type Fault = 'crash-before' | 'crash-after' | 'throttle' | 'lost' | 'wait' | 'late' | 'too-long';
export const FAULTS: readonly Fault[] = ['crash-before', 'crash-after', 'throttle', 'lost', 'wait', 'late', 'too-long'];

export interface WorldOptions {
  readonly slow?: boolean;
  readonly judge?: Partial<JudgeOptions>;
  readonly settings?: Partial<Omit<RolloutSettings, 'judge'>>;
  readonly rate?: (minute: number) => number;
  readonly quality?: (version: string) => Quality;
  readonly examples?: (version: string) => Answer;
  readonly hook?: (call: HookCall) => Answer;
  readonly seed?: number;
  /** For the call of this number; undefined for none. */
  readonly fault?: (call: number, what: string) => Fault | undefined;
  /** Seconds after which a tick of this number comes a second time; undefined for never. */
  readonly again?: (tick: number) => number | undefined;
  /** Leaves out what is not deployed yet. */
  readonly empty?: boolean;
}

const GOOD: Quality = () => [0.01, 0.02];

const TARGET = 'live';

/** All that a rollout meets, in virtual time, with the real judge, the real tick and the real definition of the loop. */
export class RolloutWorld {
  readonly time = new VirtualTime();
  readonly service: Service;
  readonly machine: LoopMachine;
  readonly events: RolloutEvent[] = [];
  readonly looks = new Map<string, Judgement>();
  readonly archive = new Map<number, string>();
  readonly settings: RolloutSettings;
  readonly calls: string[] = [];
  readonly refused: string[] = [];
  alarms: string[] = [];
  private stored: string | undefined;
  private revision = 0;
  private phase: Phase | undefined;
  private ticks = 0;
  private requests = 0;
  private readonly traffic: Traffic;
  /** When a tick that wrote its verdict did so, to see how soon the call goes out. */
  readonly verdicts: number[] = [];
  promoted = false;
  approvedByHand = false;
  /** Somebody else changed the target. */
  outside = false;

  constructor(private readonly options: WorldOptions = {}) {
    const judge = judgeSettings({
      steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 5 })),
      metrics: [{ name: 'errors' }, { name: 'slow' }],
      ...options.judge,
    });
    this.settings = {
      judge,
      gates: [],
      hooks: {},
      deadlineMinutes: 24 * 60,
      metricDelaySeconds: 120,
      asked: options.slow === true ? 'staged' : 'published',
      maxFailures: 10,
      ...options.settings,
    };
    this.traffic = {
      rate: options.rate ?? (() => 3000),
      quality: options.quality ?? (() => GOOD),
      metrics: judge.metrics.length,
      seed: options.seed ?? 1,
    };
    this.service = new Service(this.time, options.slow === true);
    this.machine = new LoopMachine(this.time, (payload) => this.invoke(payload as unknown as LoopInput));
    if (options.empty !== true) {
      this.service.versions.add('A');
      this.service.live = 'A';
      this.service.capacity.set('A', 100);
      this.service.changed();
    }
  }

  get item(): RolloutItem {
    return JSON.parse(this.stored!) as RolloutItem;
  }

  minutes(minutes: number, act: () => void): this {
    void this.time.until(minutes * MINUTE).then(act);
    return this;
  }

  /** What the custom resource does, again until it is heard. */
  deploy(
    version: string | undefined,
    settings: RolloutSettings = this.settings,
    owner?: { readonly id: string; readonly created: boolean },
  ): void {
    try {
      this.write((item) =>
        desire(TARGET, item, { version, settings, time: this.time.now, by: 'deployment', owner }, this.writer()),
      );
      if (version !== undefined) {
        this.service.versions.add(version);
      }
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      void this.time.sleep(30_000).then(() => this.deploy(version, settings, owner));
    }
  }

  /** What a command does. */
  ask(verb: Verb, reason = 'because'): void {
    const id = `request-${++this.requests}`;
    try {
      this.write((item) => request(item!, { id, verb, by: 'Ada', reason, time: this.time.now }, this.writer()));
      this.promoted ||= verb === 'promote';
      this.approvedByHand ||= verb === 'approve';
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      this.refused.push(error.message);
    }
  }

  async run(): Promise<this> {
    await this.time.pass();
    if (this.machine.broken !== undefined) {
      throw this.machine.broken as Error;
    }
    return this;
  }

  private writer(): string {
    return `somebody-${++this.requests}`;
  }

  private write(change: (item: RolloutItem | undefined) => Wanted): void {
    const { item, start } = change(this.stored === undefined ? undefined : this.item);
    this.put(item);
    this.machine.start(executionName(start), { ...start });
  }

  private put(item: RolloutItem): void {
    const phase = item.rollout?.phase;
    if (phase === 'retreating' && this.phase !== 'retreating') {
      this.verdicts.push(this.time.now);
    }
    this.phase = phase;
    this.revision = item.revision;
    this.stored = JSON.stringify(item);
  }

  /** As Lambda: once, and sometimes twice. */
  private invoke(input: LoopInput): Promise<Record<string, unknown>> {
    const number = ++this.ticks;
    const again = this.options.again?.(number);
    if (again !== undefined) {
      void this.time
        .sleep(again * 1000)
        .then(() => this.once(input, `${number}-again`))
        .catch(() => undefined);
    }
    return this.once(input, String(number));
  }

  private once(input: LoopInput, id: string): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const life = {
        begun: this.time.now,
        over: false,
        end: (): void => {
          life.over = true;
          reject(Object.assign(new Error('the function ended'), { name: 'Lambda.Unknown' }));
        },
      };
      tick(this.ports(life), input, id).then((answer) => resolve({ ...answer }), reject);
    });
  }

  private ports(life: Life): Ports {
    const { service, options } = this;
    const troubled = <T>(what: string, call: () => T, busy?: T): Promise<T> => this.call(life, what, call, busy);
    return {
      target: {
        read: () => troubled('read', () => service.read()),
        create: (version) => troubled('create', () => service.create(version), 'wait'),
        stage: (version, percent) => troubled('stage', () => service.stage(version, percent), 'wait'),
        shift: (version, percent) => troubled('shift', () => this.shift(version, percent), 'wait'),
        promote: (version) => troubled('promote', () => service.promote(version), 'wait'),
        retreat: () => troubled('retreat', () => service.retreat(), 'wait'),
        clean: (version, what) => troubled('clean', () => service.clean(version, what), 'wait'),
        remove: () => troubled('remove', () => this.remove(), 'wait'),
      },
      counts: {
        minutes: (from, to, candidate, baseline) =>
          troubled('minutes', () =>
            Array.from({ length: to - from + 1 }, (_, place) =>
              service.counts(this.traffic, from + place, candidate, baseline),
            ),
          ),
      },
      alarms: { firing: () => troubled('firing', () => this.alarms) },
      store: {
        load: () => troubled('load', () => (this.stored === undefined ? undefined : this.item)),
        save: (item) =>
          troubled<'saved' | 'conflict'>('save', () => {
            if (this.revision !== item.revision - 1) {
              return 'conflict';
            }
            this.put(item);
            return 'saved';
          }),
      },
      checks: {
        examples: (version) =>
          troubled<Answer>('examples', () => options.examples?.(version) ?? { passed: true, text: '3 of 3' }, 'wait'),
      },
      hooks: {
        run: (call) => troubled<Answer>('hook', () => options.hook?.(call) ?? { passed: true, text: '' }, 'wait'),
      },
      notifier: {
        tell: (events) =>
          troubled('tell', () => {
            this.events.push(...events);
          }),
      },
      evidence: {
        look: (attempt, judgement) =>
          troubled('look', () => {
            this.looks.set(`${attempt}/${judgement.minute}`, judgement);
          }),
        trail: (entries) =>
          troubled('trail', () => {
            entries.forEach((entry) => this.archive.set(entry.place, entry.what));
          }),
      },
      clock: { now: () => this.time.now },
    };
  }

  /** The law of shares, by what is written at the moment of the call. */
  private shift(version: string, percent: number): ReturnType<Service['shift']> {
    const { rollout } = this.item;
    const { steps } = this.settings.judge;
    const most = rollout === undefined || rollout.step < 0 ? 0 : steps[rollout.step].percent;
    this.service.demand(
      rollout !== undefined &&
        rollout.candidate === version &&
        ['shifting', 'baking', 'staging'].includes(rollout.phase) &&
        percent <= most,
      `${version} is given ${percent} % in phase ${rollout?.phase}, step ${rollout?.step}`,
    );
    return this.service.shift(version, percent);
  }

  /** Only of a deployment that is being deleted. */
  private remove(): ReturnType<Service['remove']> {
    const { rollout } = this.item;
    this.service.demand(
      rollout?.outcome === 'removed' && rollout.phase === 'cleaning' && rollout.litter.length === 0,
      `it is removed in phase ${rollout?.phase} with outcome ${rollout?.outcome}`,
    );
    return this.service.remove();
  }

  private async call<T>(life: Life, what: string, call: () => T, busy: T | undefined): Promise<T> {
    if (life.over) {
      return never();
    }
    this.calls.push(what);
    const fault = this.options.fault?.(this.calls.length - 1, what);
    switch (fault) {
      case undefined:
        break;
      case 'crash-before':
        life.end();
        return never();
      case 'crash-after':
        call();
        life.end();
        return never();
      case 'throttle':
        throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      case 'lost':
        call();
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      case 'wait':
        if (busy !== undefined) {
          return busy;
        }
        await this.time.sleep(2000);
        break;
      case 'late':
        await this.time.sleep(3000);
        break;
      case 'too-long': {
        // The request is on its way, and the function's time is over before the answer.
        await this.time.sleep(3000);
        call();
        await this.time.until(life.begun + 60_000);
        life.end();
        return never();
      }
    }
    const answer = call();
    return life.over ? never() : answer;
  }
}

interface Life {
  readonly begun: number;
  over: boolean;
  end(): void;
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
