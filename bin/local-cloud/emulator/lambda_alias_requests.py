"""What Lambda refuses of an alias, and of the deletion of a version, and ministack does not, or in words of its own."""

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc

from . import lambda_alias
from .simulations import simulation

ALIASES = simulation(
    'lambda-alias-requests',
    'CreateAlias and UpdateAlias refuse versions that do not exist, a second weight, and a weight of the version that the alias has; '
    'an update with a RevisionId that is not the latest changes nothing',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html',
    'test_lambda_alias_requests.Aliases.test_versions_must_exist_and_differ',
)
DELETION = simulation(
    'lambda-version-deletion',
    'A version that an alias refers to, as its own or by a weight, cannot be deleted, and the answer names the aliases; one that is gone '
    'is deleted once more',
    'https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html',
    'test_lambda_alias_requests.Deletion.test_version_of_an_alias_stays',
)


def _refused(function, data, current):
    """The answer to a request whose versions are wrong; None for a right one."""
    versions = function['versions']
    version = str(data.get('FunctionVersion') or current.get('FunctionVersion') or '')
    weights = lambda_alias.weights(data if 'RoutingConfig' in data else current)
    ALIASES.exercised()
    missing = [one for one in (version, *weights) if one != '$LATEST' and one not in versions]
    if missing:
        arn = f"{function['config']['FunctionArn']}:{missing[0]}"
        return error_response_json('ResourceNotFoundException', f'Function not found: {arn}', 404)
    if len(weights) > 1 or version in weights or (weights and version == '$LATEST'):
        return error_response_json(
            'InvalidParameterValueException', f'Invalid routing of version {version}: {weights}', 400
        )
    if not all(0 <= share <= 1 for share in weights.values()):
        return error_response_json('InvalidParameterValueException', f'Weights are from 0 to 1: {weights}', 400)
    return None


def _references(function, version):
    return [
        name
        for name, alias in function['aliases'].items()
        if alias.get('FunctionVersion') == version or version in lambda_alias.weights(alias)
    ]


def install():
    create, update, delete = lambda_svc._create_alias, lambda_svc._update_alias, lambda_svc._delete_function

    def create_alias(name, data):
        function = lambda_svc._functions.get(name)
        known = function and data.get('Name') not in function['aliases']
        return (known and _refused(function, data, {})) or create(name, data)

    def update_alias(name, alias_name, data):
        function = lambda_svc._functions.get(name) or {}
        alias = function.get('aliases', {}).get(alias_name)
        return (alias and _refused(function, data, alias)) or update(name, alias_name, data)

    def delete_function(name, query_params, path_qualifier=None):
        version = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
        function = lambda_svc._functions.get(name)
        if not function or not version or version == '$LATEST':
            return delete(name, query_params, path_qualifier)
        DELETION.exercised()
        if version not in function['versions']:
            return 204, {}, b''
        aliases = _references(function, version)
        if aliases:
            return error_response_json(
                'ResourceConflictException',
                f'Unable to delete version because the following aliases reference it: [{", ".join(aliases)}]',
                409,
            )
        return delete(name, query_params, path_qualifier)

    lambda_svc._create_alias = create_alias
    lambda_svc._update_alias = update_alias
    lambda_svc._delete_function = delete_function
