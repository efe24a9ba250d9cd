/** What AWS takes as a name. */
export interface NameRule {
  /** The property of the resource. */
  readonly property: string;
  /** Characters that it has; anything else is refused. */
  readonly allowed: RegExp;
  /** The same in words. */
  readonly shape: string;
  readonly longest: number;
}

const name = (property: string, allowed: RegExp, shape: string, longest: number): NameRule => ({
  property,
  allowed,
  shape,
  longest,
});
const sagemaker = (property: string): NameRule => name(property, /^[a-zA-Z0-9-]*$/, 'letters, digits and hyphens', 63);
const DOTTED = /^[\w.-]*$/;
const PLAIN_WORDS = 'letters, digits, hyphens and underscores';
const DOTTED_WORDS = 'letters, digits, hyphens, underscores and dots';

/** Resources that have names of their own, and what those may be. */
export const NAMES: Readonly<Record<string, NameRule>> = {
  'AWS::CodeDeploy::Application': name('ApplicationName', /^[^\s]*$/, 'characters without spaces', 100),
  'AWS::DynamoDB::Table': name('TableName', DOTTED, DOTTED_WORDS, 255),
  'AWS::IAM::Role': name('RoleName', /^[\w+=,.@-]*$/, 'letters, digits and +=,.@-_', 64),
  'AWS::Kinesis::Stream': name('Name', DOTTED, DOTTED_WORDS, 128),
  'AWS::Lambda::Function': name('FunctionName', /^[\w:-]*$/, PLAIN_WORDS, 64),
  'AWS::Logs::LogGroup': name('LogGroupName', /^[\w./#-]*$/, 'letters, digits and ./#-_', 512),
  'AWS::S3::Bucket': name('BucketName', /^[a-z0-9.-]*$/, 'lower-case letters, digits, hyphens and dots', 63),
  'AWS::SNS::Topic': name('TopicName', DOTTED, PLAIN_WORDS, 256),
  'AWS::SQS::Queue': name('QueueName', DOTTED, PLAIN_WORDS, 80),
  'AWS::SageMaker::Endpoint': sagemaker('EndpointName'),
  'AWS::SageMaker::EndpointConfig': sagemaker('EndpointConfigName'),
  'AWS::SageMaker::InferenceComponent': sagemaker('InferenceComponentName'),
  'AWS::SageMaker::Model': sagemaker('ModelName'),
  'AWS::StepFunctions::StateMachine': name(
    'StateMachineName',
    /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]*$/,
    'letters, digits and punctuation that is no bracket, quote, wildcard or slash',
    80,
  ),
};

/** Resources of which each change makes a new one before the old one is gone, by the property that would name both. */
export const REPLACED: Readonly<Record<string, string>> = {
  'AWS::AutoScaling::LaunchConfiguration': 'LaunchConfigurationName',
  'AWS::SageMaker::DataQualityJobDefinition': 'JobDefinitionName',
  'AWS::SageMaker::ModelBiasJobDefinition': 'JobDefinitionName',
  'AWS::SageMaker::ModelExplainabilityJobDefinition': 'JobDefinitionName',
  'AWS::SageMaker::ModelQualityJobDefinition': 'JobDefinitionName',
};
