import * as fs from 'fs';
import * as path from 'path';
import { isObject, type Resolved } from '../template/resolved-value';
import type { ApiCall } from './api-call';

/**
 * Made by `npm run bundle` from the clients of the AWS SDK, which nobody has who synthesizes an app. The library finds it from
 * its own folder, the command line, which is one file in `dist/cli`, beside that.
 */
const FILES = [
  path.join(__dirname, '..', '..', '..', 'dist', 'checks', 'api-shapes.json'),
  path.join(__dirname, '..', 'checks', 'api-shapes.json'),
];

/** The members of a structure, the required ones first: each with the shape of what it holds, or 0. */
type Shape = readonly [required: number, members: Readonly<Record<string, string | 0>>];

interface ServiceApi {
  readonly actions: Readonly<Record<string, string | 0>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly transformInstances?: readonly string[];
}

let services: Readonly<Record<string, ServiceApi>> | undefined;

/**
 * What a service takes. Where the file is missing, in a checkout that was never bundled, nothing is known and nothing is
 * judged: a check of a template is no reason to stop a synthesis. A test sees to it that the file is there.
 */
function serviceApi(service: string): ServiceApi | undefined {
  services ??= readServices();
  return Object.hasOwn(services, service) ? services[service] : undefined;
}

function readServices(): Readonly<Record<string, ServiceApi>> {
  const file = FILES.find((each) => fs.existsSync(each));
  return file === undefined ? {} : (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, ServiceApi>);
}

/** Whether the action is one of the service; undefined where the service is not known. */
export function actionExists({ service, action }: ApiCall): boolean | undefined {
  const api = apiOf(service);
  return api === undefined ? undefined : actionIn(api.actions, action) !== undefined;
}

/** What is given and is no parameter of the action, with the way to it. */
export function unknownParameters(call: ApiCall): readonly string[] {
  return faultsIn(call).unknown;
}

/** What is not given and must be, with the way to it. */
export function missingParameters(call: ApiCall): readonly string[] {
  return faultsIn(call).missing;
}

/** Instance types that batch transform runs on. */
export function transformInstances(): readonly string[] | undefined {
  return serviceApi('sagemaker')?.transformInstances;
}

/** Step Functions calls itself by another name where it made the integration itself. */
const apiOf = (service: string): ServiceApi | undefined => serviceApi(service === 'states' ? 'sfn' : service);

interface Faults {
  /** Whether parameters may be written as the service has them. */
  readonly exact: boolean;
  readonly unknown: string[];
  readonly missing: string[];
}

function faultsIn({ service, action, parameters, state }: ApiCall): Faults {
  const faults: Faults = { exact: state === undefined, unknown: [], missing: [] };
  const api = apiOf(service);
  const name = api === undefined ? undefined : actionIn(api.actions, action);
  if (api !== undefined && name !== undefined) {
    judge(parameters, api.actions[name], api, '', faults);
  }
  return faults;
}

function judge(value: Resolved, shape: string | 0, api: ServiceApi, at: string, faults: Faults): void {
  if (shape === 0) {
    return;
  }
  if (shape.endsWith('[]')) {
    if (Array.isArray(value)) {
      value.forEach((item, index) => judge(item as Resolved, shape.slice(0, -2), api, `${at}[${index}]`, faults));
    }
    return;
  }
  if (!isObject(value)) {
    return;
  }
  if (shape.endsWith('{}')) {
    Object.entries(value).forEach(([key, item]) => judge(item, shape.slice(0, -2), api, within(at, key), faults));
    return;
  }
  const [required, members] = api.shapes[shape];
  const given = new Set<string>();
  for (const [key, item] of Object.entries(value)) {
    const member = memberIn(members, key, faults.exact);
    if (member === undefined) {
      faults.unknown.push(within(at, key));
    } else {
      given.add(member);
      judge(item, members[member], api, within(at, key), faults);
    }
  }
  const missing = Object.keys(members)
    .slice(0, required)
    .filter((member) => !given.has(member));
  faults.missing.push(...missing.map((member) => within(at, pascalCase(member))));
}

const within = (at: string, member: string): string => (at === '' ? member : `${at}.${member}`);

/** Actions begin with a small letter; how runs of capitals are written differs by service. */
function actionIn(names: Readonly<Record<string, unknown>>, written: string): string | undefined {
  return Object.keys(names).find((name) => camelCase(name) === written || isSameRun(name, written));
}

/** Step Functions has a capital letter at the beginning of each parameter, also where the service has a small one. */
function memberIn(names: Readonly<Record<string, unknown>>, written: string, exact: boolean): string | undefined {
  return Object.keys(names).find(
    (name) => pascalCase(name) === written || (exact && name === written) || isSameRun(name, written),
  );
}

const isSameRun = (name: string, written: string): boolean =>
  /[A-Z]{2}/.test(name) && name.toLowerCase() === written.toLowerCase();
const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const camelCase = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
