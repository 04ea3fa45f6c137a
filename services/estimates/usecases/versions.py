"""The versions of an estimate, each as it was."""

from libs.common.errors import NotFound
from services.estimates.model import Estimate, Version


def of(estimate: Estimate, revision: int) -> Version:
    """One version. Raises NotFound."""
    found = next((one for one in estimate.versions if one.revision == revision), None)
    if found is None:
        raise NotFound(f"estimate {estimate.number} has no revision {revision}")
    return found
