"""Who comes, what they may do, and whether a form is ours.

Every address asks for a log-in but those of `identity.OPEN`. A page's handler learns who asks by
`user: CurrentUser`, asks for a role by `Depends(require(Role.PLANNER))`, and puts `csrf_field(request)`
into each of its forms; posts without it are refused everywhere (`FormGuard` says so on the route).
"""

from api.auth.forms import FormGuard, csrf_field, form_token
from api.auth.identity import CurrentUser, CurrentVisitor, current_visitor
from api.auth.roles import READERS, require

__all__ = [
    "READERS",
    "CurrentUser",
    "CurrentVisitor",
    "FormGuard",
    "csrf_field",
    "current_visitor",
    "form_token",
    "require",
]
