/** What the custom resource says of the deployment that it checks; all of it is text. */
export interface DeploymentCheckProperties {
  readonly EndpointName: string;
  /** The configuration that the endpoint should be running by now. */
  readonly EndpointConfigName: string;
  /** The alarms that roll a deployment back. */
  readonly AlarmNames: string[];
}

/** What the custom resource says of the instances that must run before an update; all of it is text. */
export interface ScaleOutProperties {
  readonly EndpointName: string;
  /** The configuration that the endpoint is about to get. */
  readonly EndpointConfigName: string;
  readonly Floors: readonly { readonly VariantName: string; readonly InstanceCount: string }[];
}

/** What CloudFormation sends through the provider framework. */
export interface CheckEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: DeploymentCheckProperties | ScaleOutProperties;
}
