"""The one WAF resource type that ministack lacks. Rules are not applied to requests, here as there."""

from ministack.services import waf

from . import api_models, cloudformation
from .simulations import simulation

ASSOCIATION = simulation(
    'wafv2-association',
    'AWS::WAFv2::WebACLAssociation: request checked and recorded; no request is filtered',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-wafv2-webaclassociation.html',
    'test_wafv2.Association.test_web_acl_must_exist',
)


def _associate(props):
    ASSOCIATION.exercised()
    params = api_models.checked('wafv2', 'AssociateWebACL', props)
    status, _, body = waf._associate_web_acl(params)
    if status >= 400:
        raise ValueError(f'AssociateWebACL: {body.decode()}')
    return f"{params['ResourceArn']}|{params['WebACLArn']}", {}


def install():
    cloudformation.register(
        'AWS::WAFv2::WebACLAssociation',
        create=lambda logical_id, props, stack: _associate(props),
        update=lambda physical_id, old, new, stack, logical_id: _associate(new),
        delete=lambda physical_id, props: waf._associations.pop(props.get('ResourceArn'), None),
    )
