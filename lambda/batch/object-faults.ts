/** The object itself is at fault, whoever reads it. The message is the reason for which it is quarantined. */
export class ObjectFault extends Error {}

/** What S3 answers where trying again does not help; anything else is not the object's fault, and is tried again. */
const ANSWERS: Readonly<Record<string, string>> = {
  NoSuchKey: 'it is gone',
  PreconditionFailed: 'it was changed after the run had begun',
  AccessDenied: 'it may not be read',
  InvalidObjectState: 'it is in an archive and would have to be restored first',
  // Without the key that it was encrypted with (SSE-C).
  InvalidRequest: 'it cannot be read without the key that its writer has',
  'KMS.DisabledException': 'the key that it is encrypted with is disabled',
  'KMS.NotFoundException': 'the key that it is encrypted with is gone',
  'KMS.KMSInvalidStateException': 'the key that it is encrypted with is to be deleted, or cannot be used',
};

export function refuseSize(bytes: number, maxObjectBytes: number): void {
  if (bytes === 0) {
    throw new ObjectFault('it is empty');
  }
  if (bytes > maxObjectBytes) {
    throw new ObjectFault(`it has ${bytes} bytes, at most ${maxObjectBytes} are allowed`);
  }
}

/** Waits for an object to be opened. Only here S3 speaks of the object: what it says of the results is no fault of the input. */
export async function opened<Body>(opening: Promise<Body>): Promise<Body> {
  try {
    return await opening;
  } catch (error) {
    const fault = error instanceof Error && Object.hasOwn(ANSWERS, error.name) ? ANSWERS[error.name] : undefined;
    throw fault === undefined ? error : new ObjectFault(fault);
  }
}
