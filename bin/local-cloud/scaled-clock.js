/**
 * Loaded into a process that is to live in scaled time, before anything else: `Date` follows the emulator's scaled clock
 * (emulator/scaled_time.py). Timers are real, and so is `performance`.
 */
'use strict';

const RealDate = Date;
const start = Number(process.env.LOCAL_CLOUD_START) * 1000;
const factor = 60 / Number(process.env.LOCAL_CLOUD_MINUTE_SECONDS);

const now = () => Math.round(start + (RealDate.now() - start) * factor);

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, given, made) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, made === globalThis.Date ? target : made),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
