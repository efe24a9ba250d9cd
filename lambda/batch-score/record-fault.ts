import { isRequestError, RequestError } from '../predict/errors';

/** Reads records of an object, and names one that is at fault by its number in the object; `before` is how many came earlier. */
export function namingRecords<Result>(before: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isRequestError(error)) {
      throw error;
    }
    const message = error.message.replace(
      /^instances\[(\d+)\]\.? ?/,
      (_, index) => `record ${before + Number(index) + 1}: `,
    );
    throw new RequestError(error.code, message);
  }
}
