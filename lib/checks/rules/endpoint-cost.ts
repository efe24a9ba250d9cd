import { BUDGET_FROM_USD_A_MONTH, DEAR_USD_AN_HOUR, HOURS_A_MONTH } from '../bounds/cost';
import type { Hardware } from '../bounds/hardware';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, isObject, numberAt, referenceIn, type Resolved, textAt } from '../template/resolved-value';
import { ENDPOINT, endpointConfigOf, endpointNamed, isAsync, variantsOf } from './endpoints';
import { hardwareOf } from './hosted-variant';
import { partlyKnown } from './partly-known';
import { perResource, type Rule } from './rule';
import { SCALABLE_TARGET, scaledVariant } from './scaled-variant';

const SCALING = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html';
const ASYNC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html';
const ZERO = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html';
const BUDGETS = 'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html';
const CONFIG = ['AWS::SageMaker::EndpointConfig'];
const COMPONENT = 'AWS::SageMaker::InferenceComponent';

/** Whether an hour of an instance is worth a thought. */
const isDear = ({ accelerator, usdPerHour = 0 }: Hardware): boolean =>
  accelerator === 'GPU' || usdPerHour >= DEAR_USD_AN_HOUR;

/** The targets that scale an endpoint of this configuration; nothing where one may that is not known. */
function targetsOf(config: ResolvedResource, template: ResolvedTemplate): readonly ResolvedResource[] | undefined {
  const targets = template
    .everywhere(SCALABLE_TARGET)
    .filter(
      ({ properties }) => !/^(function|inference-component)/.test(partlyKnown(at(properties, 'ResourceId')) ?? ''),
    )
    .map((target) => ({ target, endpoint: scaledVariant(target, template).endpoint }));
  return targets.some(({ target, endpoint }) => endpoint === undefined && mayBeOfEndpoint(target))
    ? undefined
    : targets.filter(({ endpoint }) => endpointConfigOf(endpoint) === config).map(({ target }) => target);
}

const mayBeOfEndpoint = ({ properties }: ResolvedResource): boolean =>
  (textAt(properties, 'ServiceNamespace') ?? 'sagemaker') === 'sagemaker' &&
  !isKnownElsewhere(at(properties, 'ResourceId'));

/** Whether a target names an endpoint that is not of this app. */
const isKnownElsewhere = (id: Resolved): boolean => typeof id === 'string';

const isUsed = (config: ResolvedResource, template: ResolvedTemplate): boolean =>
  template.everywhere(ENDPOINT).some((endpoint) => endpointConfigOf(endpoint) === config);

const scalesItself = (variant: Resolved): boolean => has(variant, 'ManagedInstanceScaling');

const dollars = (amount: number): string => `$${Math.round(amount).toLocaleString('en-US')}`;
const nameOf = (variant: Resolved): string => `variant '${textAt(variant, 'VariantName') ?? '?'}'`;

/** What the instances of a variant cost in a month where they are as many as they may be, in `us-east-1`. */
function monthOf(variant: Resolved, targets: readonly ResolvedResource[], template: ResolvedTemplate): number {
  const scaled = targets.find((target) => scaledVariant(target, template).variant === textAt(variant, 'VariantName'));
  const managed = at(variant, 'ManagedInstanceScaling');
  const most =
    scaled !== undefined
      ? numberAt(scaled.properties, 'MaxCapacity')
      : isObject(managed)
        ? numberAt(managed, 'MaxInstanceCount')
        : numberAt(variant, 'InitialInstanceCount');
  return (most ?? 0) * (hardwareOf(variant)?.usdPerHour ?? 0) * HOURS_A_MONTH;
}

/** Whether copies of an inference component are certainly there all the time. */
function isHeld(component: ResolvedResource, template: ResolvedTemplate): boolean {
  const name = textAt(component.properties, 'InferenceComponentName');
  const targets = template.everywhere(SCALABLE_TARGET).filter(({ properties }) => {
    const id = at(properties, 'ResourceId');
    return (
      referenceIn(id)?.resource === component ||
      (name !== undefined && partlyKnown(id) === `inference-component/${name}`) ||
      partlyKnown(id) === undefined
    );
  });
  return targets.length === 0
    ? (numberAt(component.properties, 'RuntimeConfig', 'CopyCount') ?? 0) >= 1
    : targets.every(({ properties }) => (numberAt(properties, 'MinCapacity') ?? 0) >= 1);
}

/** What instances cost while nobody needs them. */
export const ENDPOINT_COST_RULES: readonly Rule[] = [
  perResource(
    CONFIG,
    {
      id: 'cost-fleet-fixed',
      severity: 'warning',
      title: 'Several instances with accelerators, or as dear, follow their traffic',
      fix: 'add an AWS::ApplicationAutoScaling::ScalableTarget with a policy or ScheduledActions for the variant',
      see: SCALING,
    },
    (config, template) =>
      !isAsync(config) && isUsed(config, template) && targetsOf(config, template)?.length === 0
        ? variantsOf(config).flatMap((variant) => {
            const [hardware, count] = [hardwareOf(variant), numberAt(variant, 'InitialInstanceCount')];
            return hardware !== undefined &&
              count !== undefined &&
              count >= 2 &&
              isDear(hardware) &&
              !scalesItself(variant)
              ? [
                  {
                    message: `${nameOf(variant)} runs ${count} x ${hardware.name} day and night, and nothing scales it`,
                  },
                ]
              : [];
          })
        : undefined,
  ),
  perResource(
    CONFIG,
    {
      id: 'cost-async-idle',
      severity: 'warning',
      title: 'An asynchronous endpoint with accelerators, or as dear, has no instance while it has no work',
      fix: 'scale the variant with MinCapacity 0, and wake it by HasBacklogWithoutCapacity',
      see: ASYNC,
    },
    (config, template) => {
      const dear =
        isAsync(config) && isUsed(config, template) && targetsOf(config, template)?.length === 0
          ? variantsOf(config).find((each) => isDearVariant(each))
          : undefined;
      return dear === undefined
        ? undefined
        : `${nameOf(dear)} runs on ${textAt(dear, 'InstanceType')} day and night, requests or not, and nothing scales it`;
    },
  ),
  perResource(
    CONFIG,
    {
      id: 'cost-zero-held',
      severity: 'error',
      title: 'Instances that may go to zero are not held by copies of an inference component',
      fix: 'scale each inference component with MinCapacity 0, or set MinInstanceCount to 1',
      see: ZERO,
    },
    (config, template) => {
      const toZero = variantsOf(config).some(
        (variant) => numberAt(variant, 'ManagedInstanceScaling', 'MinInstanceCount') === 0,
      );
      const held = toZero
        ? template
            .everywhere(COMPONENT)
            .find(
              (component) =>
                endpointConfigOf(endpointNamed(at(component.properties, 'EndpointName'), template)) === config &&
                isMissing(component.properties, 'Specification', 'BaseInferenceComponentName') &&
                isHeld(component, template),
            )
        : undefined;
      return held === undefined
        ? undefined
        : `MinInstanceCount is 0, and '${held.logicalId}' always has a copy, which needs an instance`;
    },
  ),
  perResource(
    CONFIG,
    {
      id: 'cost-no-budget',
      severity: 'warning',
      title: `An endpoint that may cost more than ${dollars(BUDGET_FROM_USD_A_MONTH)} a month has a budget beside it`,
      fix: 'add an AWS::Budgets::Budget that tells somebody, or lower MaxCapacity',
      see: BUDGETS,
    },
    (config, template) => {
      const targets = targetsOf(config, template);
      const watched = template.everywhere('AWS::Budgets::Budget', 'AWS::CE::AnomalySubscription').length > 0;
      if (watched || targets === undefined || !isUsed(config, template)) {
        return undefined;
      }
      const month = variantsOf(config).reduce<number>((sum, variant) => sum + monthOf(variant, targets, template), 0);
      return month > BUDGET_FROM_USD_A_MONTH
        ? `with all instances it may have, the endpoint costs about ${dollars(month)} a month in us-east-1, and the app has no budget`
        : undefined;
    },
  ),
];

function isDearVariant(variant: Resolved): boolean {
  const hardware = hardwareOf(variant);
  return hardware !== undefined && isDear(hardware);
}
