/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { family as functions } from '../../rules/families/functions';
import { type ChangeFamily, type Danger, rename } from '../change-family';

const alias = (t: any) => t.Resources.Live;
const group = (t: any) => t.Resources.Group.Properties;

const newVersion = (t: any): void => rename(t, 'Version', 'Version2');

function renamedAlias(t: any): void {
  const { Live, Url, Ready, Errors } = t.Resources;
  Live.Properties.Name = 'prod';
  Url.Properties.Qualifier = 'prod';
  Ready.Properties.ResourceId = { 'Fn::Sub': 'function:${Function}:prod' };
  Errors.Properties.Dimensions[1].Value = { 'Fn::Sub': '${Function}:prod' };
}

function otherSteps(t: any): void {
  t.Resources.Config2 = structuredClone(t.Resources.Config);
  group(t).DeploymentConfigName = { Ref: 'Config2' };
}

const dangers: Readonly<Record<string, Danger>> = {
  'change-alias-replaced': {
    change: renamedAlias,
    unknown: (t, value) => (alias(t).Properties.Name = value),
    harmless: {
      'a new version': newVersion,
      'a description': (t) => (alias(t).Properties.Description = 'what is live'),
    },
  },
  'change-alias-deleted': {
    change: (t) => {
      renamedAlias(t);
      rename(t, 'Live', 'Prod');
    },
    unknown: (t, value) => {
      if (alias(t) !== undefined) {
        alias(t).DeletionPolicy = value;
      }
    },
    harmless: {
      'a second alias': (t) => {
        t.Resources.Next = {
          Type: 'AWS::Lambda::Alias',
          Properties: { ...alias(t).Properties, Name: 'next' },
          UpdatePolicy: alias(t).UpdatePolicy,
        };
      },
    },
  },
  'change-alias-rollout-removed': {
    change: (t) => {
      delete alias(t).UpdatePolicy;
      delete t.Resources.Group;
      delete t.Resources.Application;
      delete t.Resources.Config;
      t.Resources.Errors.Properties.AlarmActions = [{ Ref: 'Topic' }];
    },
    unknown: (t, value) => (alias(t).UpdatePolicy = value),
    harmless: {
      'a hook before traffic': (t) =>
        (alias(t).UpdatePolicy.CodeDeployLambdaAliasUpdate.BeforeAllowTrafficHook = 'smoke-test'),
    },
  },
  'change-deployment-config': {
    change: (t) => {
      otherSteps(t);
      newVersion(t);
    },
    unknown: (t, value) => (group(t).DeploymentConfigName = value),
    harmless: {
      'other steps alone': otherSteps,
      'a new version alone': newVersion,
      'other steps for aliases whose version stays': (t) => {
        t.Resources.Other = structuredClone(t.Resources.Group);
        otherSteps(t);
        alias(t).UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName = { Ref: 'Other' };
        newVersion(t);
      },
    },
  },
  'change-physical-name': {
    before: (t) => (t.Resources.Topic.Properties.TopicName = 'alarms'),
    change: (t) => (t.Resources.Topic.Properties.TopicName = 'pages'),
    unknown: (t, value) => (t.Resources.Topic.Properties.TopicName = value),
    harmless: {
      'a name to show': (t) => (t.Resources.Topic.Properties.DisplayName = 'pages'),
      'a default that is written out': (t) => {
        t.Resources.Topic.Properties.FifoTopic = false;
        t.Resources.Function.Properties.PackageType = 'Zip';
      },
      'a name that somebody else gives': (t) => delete t.Resources.Topic,
    },
  },
};

/** Functions, their aliases, and what else is known by its name. */
export const family: ChangeFamily = { correct: functions.correct, dangers };
