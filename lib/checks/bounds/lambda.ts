import type { Range } from './fault';

const LIMITS = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';

/** Memory of a function, in MiB (the service says MB and counts 1,024 KB each). */
export const FUNCTION_MEMORY: Range = { min: 128, max: 10_240, see: LIMITS };

/** Time-out of a function, in seconds. */
export const FUNCTION_TIMEOUT: Range = { min: 1, max: 900, see: LIMITS };

/** Size of `/tmp`, in MiB. */
export const EPHEMERAL_STORAGE: Range = { min: 512, max: 10_240, see: LIMITS };

/** Code and layers together, unpacked, in bytes: what is larger has to be fetched from S3 or shipped as an image. */
export const UNPACKED_CODE_BYTES = 250 * 1024 * 1024;

/** Names and values of all environment variables of a function together. */
export const ENVIRONMENT_BYTES = 4 * 1024;

/** Memory that gives one full virtual processor, in MiB. */
export const ONE_VCPU_MEMORY = 1769;

/** Concurrent executions that the region must keep unreserved for all other functions. */
export const UNRESERVED_CONCURRENCY = 100;

/** Reserved concurrency: 0 switches a function off, the account's own quota is the upper end. */
export const RESERVED_CONCURRENCY: Range = { min: 0, max: 1_000_000, see: LIMITS };
