import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { refuse } from '../private/errors';
import { judge } from '../private/validation';
import { endpointNameFaults, variantNameFaults } from '../checks/bounds/names';
import type { InstanceType } from '../model/instance-type';
import type { EndpointAlarmSettings } from './endpoint-alarm-settings';
import { EndpointBase } from './endpoint-base';
import { addVariantAlarms, endpointThresholds, faultyEndpointThresholds } from './variant-alarms';
import { VariantMetrics } from './variant-metrics';

/** What is known of an endpoint that exists. */
export interface ImportedEndpointOptions {
  /**
   * Name of the variant that metrics and alarms are of.
   *
   * @default 'AllTraffic' - what SageMaker's own tools call the only one
   */
  readonly variantName?: string;

  /**
   * Type of its instances: what their utilisation means depends on how many processors and GPUs they have.
   *
   * @default - not known: no alarms on processors and GPUs
   */
  readonly instanceType?: InstanceType;
}

/** An endpoint that is not of this app. */
export interface IImportedEndpoint extends sagemaker.IEndpoint {
  /** A metric that SageMaker publishes for the variant, by its official name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Adds the alarms of a running endpoint; those that roll a deployment back belong to who deploys it. */
  addAlarms(settings?: EndpointAlarmSettings): InferenceAlarms;
}

/** An endpoint that exists, by its name. */
export class ImportedEndpoint extends EndpointBase implements IImportedEndpoint {
  public readonly endpointName: string;
  protected readonly defaultVariant: string;
  private readonly options: ImportedEndpointOptions;

  constructor(scope: Construct, id: string, endpointName: string, options: ImportedEndpointOptions) {
    super(scope, id);
    refuse(this, [...judge(endpointName, endpointNameFaults), ...judge(options.variantName, variantNameFaults)]);
    this.endpointName = endpointName;
    this.defaultVariant = options.variantName ?? 'AllTraffic';
    this.options = options;
  }

  public addAlarms(settings: EndpointAlarmSettings = {}): InferenceAlarms {
    const longest = Duration.seconds(60);
    refuse(this, faultyEndpointThresholds(settings, longest));
    const alarms = new InferenceAlarms(this, 'Alarms', settings);
    const watched = {
      name: this.defaultVariant,
      prefix: '',
      metrics: new VariantMetrics(this.endpointName, this.defaultVariant),
      instance: this.options.instanceType?.spec,
      onInstances: true,
    };
    addVariantAlarms(alarms, watched, endpointThresholds(settings, longest));
    return alarms;
  }
}
