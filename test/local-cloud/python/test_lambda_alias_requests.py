import json

from ministack.services import lambda_svc

from in_process import InProcess, function, publish


def answered(response):
    status, _, body = response
    return status, json.loads(body) if body else None


def routed(**weights):
    return {'AdditionalVersionWeights': {version.removeprefix('v'): share for version, share in weights.items()}}


class WithVersions(InProcess):
    def setUp(self):
        super().setUp()
        function('fn')
        self.old, self.new, self.newest = publish('fn'), publish('fn'), publish('fn')

    def create(self, version, **more):
        return answered(lambda_svc._create_alias('fn', {'Name': 'live', 'FunctionVersion': version, **more}))

    def change(self, **data):
        return answered(lambda_svc._update_alias('fn', 'live', data))

    def alias(self):
        return answered(lambda_svc._get_alias('fn', 'live'))

    def delete(self, version):
        return answered(lambda_svc._delete_function('fn', {'Qualifier': [version]}))


class Aliases(WithVersions):
    def test_versions_must_exist_and_differ(self):
        self.assertEqual(self.create('99')[0], 404)
        self.assertEqual(self.create(self.old)[0], 201)
        before = self.alias()
        self.assertEqual(self.change(FunctionVersion='99')[0], 404)
        self.assertEqual(self.change(RoutingConfig=routed(v99=0.5))[0], 404)
        for weights in ({self.old: 0.5}, {self.new: 0.5, self.newest: 0.1}, {self.new: 1.5}):
            status, answer = self.change(RoutingConfig={'AdditionalVersionWeights': weights})
            self.assertEqual((status, answer['__type']), (400, 'InvalidParameterValueException'), weights)
        self.assertEqual(self.alias(), before)

    def test_all_traffic_may_go_to_the_other_version_before_it_becomes_the_aliass_own(self):
        self.create(self.old)
        self.assertEqual(self.change(RoutingConfig={'AdditionalVersionWeights': {self.new: 1.0}})[0], 200)
        # Left out, the weight stays, and it would be that of its own version.
        self.assertEqual(self.change(FunctionVersion=self.new)[0], 400)
        status, answer = self.change(FunctionVersion=self.new, RoutingConfig=routed())
        self.assertEqual((status, answer['FunctionVersion'], 'RoutingConfig' in answer), (200, self.new, False))

    def test_a_revision_that_is_not_the_latest_changes_nothing(self):
        _, first = self.create(self.old)
        _, second = self.change(FunctionVersion=self.new, RevisionId=first['RevisionId'])
        status, answer = self.change(FunctionVersion=self.old, RevisionId=first['RevisionId'])
        self.assertEqual((status, answer['__type']), (412, 'PreconditionFailedException'))
        self.assertEqual(self.alias()[1], second)

    def test_an_alias_is_made_once_and_found_no_more_when_it_is_deleted(self):
        self.assertEqual(self.alias()[0], 404)
        self.create(self.old)
        status, answer = self.create(self.new)
        self.assertEqual((status, answer['__type']), (409, 'ResourceConflictException'))
        self.assertEqual(self.alias()[1]['FunctionVersion'], self.old)
        self.assertEqual(answered(lambda_svc._delete_alias('fn', 'live'))[0], 204)
        self.assertEqual(self.alias()[0], 404)


class Deletion(WithVersions):
    def test_version_of_an_alias_stays(self):
        self.create(self.old, RoutingConfig={'AdditionalVersionWeights': {self.new: 0.1}})
        for version in (self.old, self.new):
            status, answer = self.delete(version)
            self.assertEqual((status, answer['__type']), (409, 'ResourceConflictException'))
            self.assertIn('the following aliases reference it: [live]', answer['message'])
        self.assertEqual(self.delete(self.newest)[0], 204)
        self.assertEqual(sorted(lambda_svc._functions['fn']['versions']), [self.old, self.new])

    def test_what_is_gone_is_deleted_once_more(self):
        for _ in range(2):
            self.assertEqual(self.delete(self.newest), (204, None))
        self.assertEqual(self.delete('99')[0], 204)

    def test_without_a_version_the_function_goes(self):
        self.assertEqual(answered(lambda_svc._delete_function('fn', {}))[0], 204)
        self.assertEqual(self.delete(self.old)[0], 404)

    def test_provisioned_environments_are_those_of_a_version(self):
        answer = answered(lambda_svc._put_provisioned_concurrency('fn', self.new, {'ProvisionedConcurrentExecutions': 2}))
        self.assertEqual((answer[0], answer[1]['RequestedProvisionedConcurrentExecutions']), (202, 2))
        self.assertEqual(answered(lambda_svc._get_provisioned_concurrency('fn', self.new))[0], 200)
        self.assertEqual(answered(lambda_svc._get_provisioned_concurrency('fn', self.old))[0], 404)
        self.assertEqual(answered(lambda_svc._delete_provisioned_concurrency('fn', self.new))[0], 204)
        self.assertEqual(answered(lambda_svc._get_provisioned_concurrency('fn', self.new))[0], 404)
