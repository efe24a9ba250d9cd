import { errorAnswer, failureOf, predictionAnswer } from '../../lambda/predict/answers';
import { ERROR_STATUS, type ServedModel } from '../../lambda/predict/contract';
import type { Predictor } from '../../lambda/predict/core';
import { decodeRequest } from '../../lambda/predict/decode-request';
import { isRequestError } from '../../lambda/predict/errors';
import { isLines, LINES, predictLines } from './predict-lines';

/** One request for predictions, as it travels to the thread that answers it. */
export interface Invocation {
  readonly requestId: string;
  readonly inferenceId: string;
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Status and text: JSON, unless it says otherwise. */
export interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

export type FaultLog = (model: ServedModel, requestId: string, inferenceId: string, error: unknown) => void;

/** Answers one invocation, whatever is wrong with it. */
export function answer(predictor: Predictor, invocation: Invocation, logFault: FaultLog): Answer {
  const { model } = predictor;
  const { requestId, inferenceId, contentType, accept, body } = invocation;
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    if (isLines(accept)) {
      return { status: 200, contentType: LINES, body: predictLines(predictor, contentType, bytes) };
    }
    const { predictions } = predictor.predict(decodeRequest({ contentType, body: bytes, isBase64: false }, model));
    return { status: 200, body: JSON.stringify(predictionAnswer(model, predictions, inferenceId)) };
  } catch (error) {
    if (!isRequestError(error)) {
      logFault(model, requestId, inferenceId, error);
    }
    const failure = failureOf(error);
    return { status: ERROR_STATUS[failure.code], body: JSON.stringify(errorAnswer(failure, requestId)) };
  }
}
