"""PlanRun: from a trigger to a claimed run with everything about it resolved."""
