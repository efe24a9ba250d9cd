import { onTime, type Rule } from './rule';

/** An alarm on the errors of the new version: above a fixed rate in 2 of the last 3 minutes. */
export function fixedAlarm(rate: number): Rule {
  return onTime(`alarm at ${rate * 100} %, 2 of 3 minutes`, () => {
    const last: boolean[] = [];
    return ({ candidate: { requests, bad } }) => {
      last.push(requests > 0 && (bad[0] ?? 0) > rate * requests);
      if (last.length > 3) {
        last.shift();
      }
      return last.filter(Boolean).length >= 2;
    };
  });
}
