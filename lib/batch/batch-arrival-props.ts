import type { Duration } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import { judge, minutes, mustBeKnown } from '../private/validation';

/** Starts a run when objects have arrived. */
export interface BatchArrival {
  /** Time without a further arrival after which a run starts, in whole minutes from 1 minute to 24 hours. */
  readonly quietPeriod: Duration;

  /**
   * Time after the first arrival after which a run starts although more arrive, from the quiet period to 7 days.
   *
   * @default - six times the quiet period
   */
  readonly maxWait?: Duration;
}

const MINUTES_PER_DAY = 24 * 60;

/** What is wrong with when runs start by arrivals. */
export function faultyArrival(arrival: BatchArrival, listed: boolean): Fault[] {
  const { quietPeriod, maxWait } = arrival;
  return [
    ...minutes('batch-quiet-period', 'arrival.quietPeriod', quietPeriod, { min: 1, max: MINUTES_PER_DAY }),
    ...minutes('batch-max-wait', 'arrival.maxWait', maxWait, { min: 1, max: 7 * MINUTES_PER_DAY }),
    ...mustBeKnown('batch-unknown-quiet-period', 'arrival.quietPeriod', quietPeriod, 'the function is told in seconds'),
    ...mustBeKnown('batch-unknown-max-wait', 'arrival.maxWait', maxWait, 'the function is told in seconds'),
    ...judge(maxWait, (longest) =>
      !quietPeriod.isUnresolved() && longest.toSeconds() < quietPeriod.toSeconds()
        ? [
            {
              id: 'batch-max-wait',
              message: `'arrival.maxWait' is ${longest.toHumanString()}, and the quiet period alone ${quietPeriod.toHumanString()}`,
              fix: "raise 'maxWait', or leave it out for six times the quiet period",
            },
          ]
        : [],
    ),
    ...(listed
      ? [
          {
            id: 'batch-arrival-manifest',
            message: "'arrival' starts runs when objects arrive, and a manifest says which objects are scored",
            fix: "leave one of them out: without the manifest, 'incremental' runs score just what is new",
          },
        ]
      : []),
  ];
}
