import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, type Resolved } from '../template/resolved-value';
import { type ChangeRule, type Changed, perChange, perDeletion, sameIn } from './change-rule';
import { differs, isSame, shown } from './compared-values';
import { ALIAS, IDENTIFIED_TYPES, NAMED, namesake, STORES } from './physical-names';

const ALIASES = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html';
const REPLACEMENT =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html';
const MAPPINGS =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html';
const NAMES = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html';
const DELETION =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html';

const MAPPING = 'AWS::Lambda::EventSourceMapping';

/** What a property is where a template says nothing of it. */
const DEFAULTS: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ['FifoQueue', false],
  ['FifoTopic', false],
  ['PackageType', 'Zip'],
  ['Path', '/'],
  ['StateMachineType', 'STANDARD'],
  ['EncryptionConfiguration', { EncryptionType: 'AES256' }],
]);

/** The first of some properties that changes for certain, in words. */
function firstChange(before: ResolvedResource, after: ResolvedResource, names: readonly string[]): string | undefined {
  const [change] = names.flatMap((name) => {
    const [old, now] = [before, after].map(({ properties }) => at(properties, name) ?? DEFAULTS.get(name));
    return differs(old, now) ? [`${name} changes from ${shown(old)} to ${shown(now)}`] : [];
  });
  return change;
}

/** What a change of one of some properties does to a resource; the first of them is its name. */
function replacement(before: ResolvedResource, after: ResolvedResource, names: readonly string[]): string | undefined {
  const change = firstChange(before, after, names);
  const [name] = names;
  if (change === undefined) {
    return undefined;
  }
  return isSame(at(before.properties, name), at(after.properties, name))
    ? `${change}, which needs a new resource, and CloudFormation makes none as long as ${name} is the same; made under another name, it replaces this one`
    : `${change}: the resource is replaced`;
}

/** Types that AWS does not delete while anything is in them. */
const KEPT_WHILE_FULL: readonly string[] = ['AWS::S3::Bucket', 'AWS::ECR::Repository'];

/** What becomes of something that holds data when CloudFormation deletes it. */
function fate(type: string): string {
  return KEPT_WHILE_FULL.includes(type)
    ? 'deleted where it is empty, and else left behind with nothing that refers to it'
    : 'deleted with what is in it';
}

/** What CloudFormation replaces or deletes. */
export const REPLACEMENT_CHANGES: readonly ChangeRule[] = [
  perChange(
    [ALIAS],
    {
      id: 'change-alias-replaced',
      severity: 'error',
      title: 'An alias that callers use is not replaced',
      fix: '1. create a second alias with the new name; 2. move the callers, permissions and alarms; 3. remove the first alias',
      see: ALIASES,
    },
    (before, after) => {
      const change = firstChange(before, after, ['Name', 'FunctionName']);
      return change === undefined
        ? undefined
        : `${change}: the alias is replaced, without a rollout, and callers of the old ARN fail`;
    },
  ),
  perDeletion(
    [ALIAS],
    {
      id: 'change-alias-deleted',
      severity: 'error',
      title: 'An alias that callers use is not deleted by accident',
      fix: '1. keep the logical id, or move the callers to another alias first; 2. see that Invocations of the alias is 0; 3. remove it',
      see: ALIASES,
    },
    () => 'it is gone: callers of its ARN fail',
  ),
  perChange(
    Object.keys(NAMED),
    {
      id: 'change-physical-name',
      severity: 'warning',
      title: 'A name by which others know a resource does not change under them',
      fix: '1. add a resource with the new name under another logical id; 2. move what uses the old one; 3. remove the old one',
      see: REPLACEMENT,
    },
    (before, after) => {
      const change = replacement(before, after, NAMED[before.type]);
      return change === undefined ? undefined : `${change}, and what knows the old name does not find it`;
    },
  ),
  perChange(
    Object.keys(STORES),
    {
      id: 'change-store-replaced',
      severity: 'error',
      title: 'What holds data is not replaced by an empty one',
      fix: '1. set DeletionPolicy and UpdateReplacePolicy to Retain and deploy that; 2. add the new resource under another logical id; 3. copy the data and move what writes and reads; 4. remove the old one',
      see: REPLACEMENT,
    },
    (before, after) => {
      const change = replacement(before, after, STORES[before.type]);
      return change === undefined
        ? undefined
        : `${change} by an empty one, and the old one is ${isKept(after) ? 'left behind, outside of the stack' : fate(after.type)}`;
    },
  ),
  perDeletion(
    Object.keys(STORES),
    {
      id: 'change-store-deleted',
      severity: 'error',
      title: 'What holds data is not deleted by accident',
      fix: '1. keep the logical id, or set DeletionPolicy to Retain and deploy that first; 2. remove it; 3. import it under its new logical id where it is only moved',
      see: DELETION,
    },
    ({ type }) => `it is gone: the ${type.split('::').slice(1).join(' ')} is ${fate(type)}`,
  ),
  {
    id: 'change-name-taken',
    severity: 'error',
    title: 'A name does not move to another logical id in one deployment',
    fix: '1. keep the logical id; 2. where it must change, set DeletionPolicy to Retain and deploy that; 3. take the resource out of the template and deploy that; 4. import it under the new logical id',
    see: NAMES,
    *check(before, after): Iterable<Changed> {
      for (const old of before.ofType(...IDENTIFIED_TYPES)) {
        const resource = sameIn(after, old) === undefined ? namesake(old, after) : undefined;
        if (resource !== undefined) {
          yield {
            resource: old,
            message: `it is gone, and ${resource.logicalId}, which is new, has its name: CloudFormation creates that one first, and fails, since the name is taken`,
          };
        }
      }
    },
  },
  perChange(
    [MAPPING],
    {
      id: 'change-stream-mapping-replaced',
      severity: 'error',
      title: 'A mapping from a stream keeps its position',
      fix: '1. let the function cope with records that come twice; 2. add a second mapping with StartingPosition AT_TIMESTAMP a little before now; 3. remove the first mapping',
      see: MAPPINGS,
    },
    (before, after) => {
      const change = firstChange(before, after, ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp']);
      return change === undefined ? undefined : `${change}: the mapping is replaced, and ${start(after)}`;
    },
  ),
  perDeletion(
    [MAPPING],
    {
      id: 'change-stream-mapping-deleted',
      severity: 'error',
      title: 'A mapping from a stream or a queue is not replaced by one with another logical id',
      fix: '1. keep the logical id; 2. where the mapping is not wanted any more, see first that nothing writes to its source',
      see: MAPPINGS,
    },
    (before, after) => {
      const other = sameSource(before, after);
      return other === undefined
        ? 'it is gone: what comes now is not handled'
        : `it is gone, and ${other.logicalId}, which is new, reads the same source: ${start(other)}`;
    },
  ),
];

/** Where a mapping begins; a queue has no position. */
function start({ properties }: ResolvedResource): string {
  return isMissing(properties, 'StartingPosition')
    ? 'nothing is read between the old one and the new one'
    : `it starts from ${shown(at(properties, 'StartingPosition'))}, not from where the old one was`;
}

/** A mapping that is new and reads what another one has read. */
function sameSource(before: ResolvedResource, after: ResolvedTemplate): ResolvedResource | undefined {
  const source = (resource: ResolvedResource): Resolved => at(resource.properties, 'EventSourceArn');
  return after
    .everywhere(MAPPING)
    .find((each) => isSame(source(before), source(each)) && sameIn(before.template, each) === undefined);
}

/** Whether CloudFormation leaves a resource alone that it replaces. */
function isKept({ updateReplacePolicy }: ResolvedResource): boolean {
  return updateReplacePolicy?.startsWith('Retain') === true;
}
