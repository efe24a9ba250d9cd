import asyncio
import json

import botocore.parsers
from ministack import app
from ministack.core import router

from emulator import api_models, sagemaker_endpoints
from sagemaker_fixtures import IMAGE, ROLE, WithSageMaker, variant

TAGS = [{'Key': 'team', 'Value': 'chat'}]


def request(path, headers, body):
    headers = {'authorization': 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request', **headers}
    service = router.detect_service('POST', path, headers, {})
    return asyncio.run(app.SERVICE_HANDLERS[service]('POST', path, headers, body, {}))


def call(operation, **parameters):
    """What AWS's own client makes of the answer."""
    status, headers, body = request('/', {'x-amz-target': f'SageMaker.{operation}'}, json.dumps(parameters).encode())
    shape = api_models.service_model('sagemaker').operation_model(operation).output_shape
    response = {'status_code': status, 'headers': headers, 'body': body}
    return botocore.parsers.JSONParser().parse(response, shape)


def error(operation, **parameters):
    answer = call(operation, **parameters)
    return answer['Error']['Code'], answer['Error']['Message']


class Requests(WithSageMaker):
    def setUp(self):
        super().setUp()
        call('CreateModel', ModelName='Model', ExecutionRoleArn=ROLE, PrimaryContainer={'Image': IMAGE}, Tags=TAGS)
        call('CreateEndpointConfig', EndpointConfigName='config', ProductionVariants=[variant('Model')])
        self.arn = call('CreateEndpoint', EndpointName='ep', EndpointConfigName='config', Tags=TAGS)['EndpointArn']
        sagemaker_endpoints.endpoints.get('ep').wait()

    def test_shapes_are_those_of_the_api_model(self):
        endpoint = call('DescribeEndpoint', EndpointName='ep')
        self.assertEqual((endpoint['EndpointArn'], endpoint['EndpointStatus']), (self.arn, 'InService'))
        self.assertEqual(endpoint['CreationTime'].year, endpoint['LastModifiedTime'].year)
        [described] = endpoint['ProductionVariants']
        self.assertEqual((described['CurrentWeight'], described['CurrentInstanceCount']), (1.0, 2))
        self.assertEqual(described['DeployedImages'][0]['SpecifiedImage'], IMAGE)
        model = call('DescribeModel', ModelName='model')
        self.assertEqual((model['ModelName'], model['PrimaryContainer']['Image']), ('Model', IMAGE))
        self.assertNotIn('Tags', model)
        self.assertEqual(
            call('DescribeEndpointConfig', EndpointConfigName='config')['ProductionVariants'][0]['ModelName'], 'Model'
        )
        self.assertEqual(
            [one['EndpointName'] for one in call('ListEndpoints', StatusEquals='InService')['Endpoints']], ['ep']
        )
        self.assertEqual(call('ListEndpoints', NameContains='other')['Endpoints'], [])

    def test_updates_and_deletions(self):
        call('CreateEndpointConfig', EndpointConfigName='second', ProductionVariants=[variant('Model')])
        updated = call('UpdateEndpoint', EndpointName='ep', EndpointConfigName='second')
        self.assertEqual(updated['EndpointArn'], self.arn)
        sagemaker_endpoints.endpoints.get('ep').wait()
        wanted = [{'VariantName': 'AllTraffic', 'DesiredWeight': 0.5}]
        call('UpdateEndpointWeightsAndCapacities', EndpointName='ep', DesiredWeightsAndCapacities=wanted)
        self.assertEqual(call('DescribeEndpoint', EndpointName='ep')['EndpointStatus'], 'Updating')
        self.assertIn('in-progress', error('DeleteEndpoint', EndpointName='ep')[1])
        sagemaker_endpoints.endpoints.get('ep').wait()
        for operation, parameters in (
            ('DeleteEndpoint', {'EndpointName': 'ep'}),
            ('DeleteEndpointConfig', {'EndpointConfigName': 'second'}),
            ('DeleteModel', {'ModelName': 'Model'}),
        ):
            self.assertNotIn('Error', call(operation, **parameters))
            code, message = error(operation, **parameters)
            self.assertEqual(code, 'ValidationException')
            self.assertIn('Could not find', message)

    def test_tags(self):
        self.assertEqual(call('ListTags', ResourceArn=self.arn)['Tags'], TAGS)
        call('AddTags', ResourceArn=self.arn, Tags=[{'Key': 'team', 'Value': 'fraud'}, {'Key': 'env', 'Value': 'prod'}])
        tags = {tag['Key']: tag['Value'] for tag in call('ListTags', ResourceArn=self.arn)['Tags']}
        self.assertEqual(tags, {'team': 'fraud', 'env': 'prod'})
        call('DeleteTags', ResourceArn=self.arn, TagKeys=['env'])
        self.assertEqual([tag['Key'] for tag in call('ListTags', ResourceArn=self.arn)['Tags']], ['team'])
        self.assertIn('Could not find resource', error('ListTags', ResourceArn=self.arn + 'x')[1])

    def test_refusals_name_what_is_wrong(self):
        self.assertIn('EndpointConfigName', error('CreateEndpoint', EndpointName='e')[1])
        self.assertIn('is over 63', error('DescribeEndpoint', EndpointName='e' * 64)[1])
        status, _, body = request('/', {'x-amz-target': 'SageMaker.CreateTrainingJob'}, b'{}')
        self.assertEqual((status, json.loads(body)['__type']), (400, 'UnknownOperationException'))

    def test_runtime_is_signed_for_the_same_service(self):
        status, headers, body = request('/endpoints/ep/invocations', {'content-type': 'text/plain'}, b'hello')
        self.assertEqual((status, json.loads(body)['body']), (200, 'hello'))
