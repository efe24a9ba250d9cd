import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FILE, type ServedModel, VALIDATOR_FILE } from '../predict/contract';
import { createValidator, type ValidatorFactory } from '../predict/validator-modules';
import type { EndpointSettings } from '../stream/contract';
import { openEndpoint as open } from './endpoint/sagemaker-endpoint';
import type { Scorer } from './ports';
import { validated } from './validated';

/** What of {@link ServedModel} is known of the model of an endpoint. */
type EndpointModel = Pick<ServedModel, 'name' | 'version'> & Partial<Pick<ServedModel, 'input'>>;

/** The endpoint of the settings. Records are validated where the asset has a compiled schema. */
export function openEndpoint(root: string, settings: EndpointSettings): Scorer {
  const { name, version, input } = JSON.parse(readFileSync(join(root, MODEL_FILE), 'utf8')) as EndpointModel;
  const scorer = open(settings, { name, version }, input);
  const schema = join(root, VALIDATOR_FILE);
  return existsSync(schema) ? validated(scorer, createValidator(require(schema) as ValidatorFactory)) : scorer;
}
