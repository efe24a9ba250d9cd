import { Duration } from 'aws-cdk-lib';
import { latencyNeverReached, RATIO, SAMPLES } from '../checks/bounds/alarm';
import type { Fault } from '../checks/bounds/fault';
import { fraction, integer, minutes } from '../private/validation';
import type { AlarmSettings } from './alarm-settings';

const A_DAY: number = Duration.days(1).toMinutes();

/** Faults of the settings that every function's alarms have, whose calls take no longer than the time-out. */
export function faultyAlarms(settings: AlarmSettings, timeout: Duration): Fault[] {
  return [
    ...fraction('alarm-error-ratio', 'alarms.maxErrorRatio', settings.maxErrorRatio, RATIO),
    ...integer('alarm-samples', 'alarms.minSamples', settings.minSamples, SAMPLES),
    ...latencyFaults(settings.maxLatency, timeout),
    ...minutes('alarm-no-traffic', 'alarms.noTrafficFor', settings.noTrafficFor, { min: 1, max: A_DAY }),
  ];
}

function latencyFaults(maxLatency: Duration | undefined, timeout: Duration): Fault[] {
  if (maxLatency === undefined && timeout.isUnresolved()) {
    return [
      {
        id: 'alarm-latency-unknown',
        message: "'timeout' is known only at deployment, so half of it cannot be the bound for the latency",
        fix: "set 'alarms.maxLatency'",
      },
    ];
  }
  if (maxLatency === undefined || maxLatency.isUnresolved()) {
    return [];
  }
  if (maxLatency.toMilliseconds() <= 0) {
    return [
      {
        id: 'alarm-latency',
        message: "'alarms.maxLatency' is 0",
        fix: "set 'alarms.maxLatency' to 1 millisecond or more",
      },
    ];
  }
  return timeout.isUnresolved() ? [] : latencyNeverReached(maxLatency.toMilliseconds(), timeout.toMilliseconds());
}
