import unittest

from ministack.services import waf

from in_process import create


class Association(unittest.TestCase):
    API = 'arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod'

    def test_web_acl_must_exist(self):
        with self.assertRaisesRegex(ValueError, 'AssociateWebACL'):
            create(
                'AWS::WAFv2::WebACLAssociation',
                {'ResourceArn': self.API, 'WebACLArn': 'arn:aws:wafv2:us-east-1:000000000000:regional/webacl/none/1'},
            )

    def test_association_is_recorded(self):
        _, attributes = create(
            'AWS::WAFv2::WebACL',
            {
                'Name': 'acl',
                'Scope': 'REGIONAL',
                'DefaultAction': {'Allow': {}},
                'Rules': [],
                'VisibilityConfig': {
                    'CloudWatchMetricsEnabled': True,
                    'MetricName': 'acl',
                    'SampledRequestsEnabled': True,
                },
            },
        )
        create('AWS::WAFv2::WebACLAssociation', {'ResourceArn': self.API, 'WebACLArn': attributes['Arn']})
        self.assertEqual(waf._associations.get(self.API), attributes['Arn'])
