"""The child process of a proof: runs cases in forks, compares at every launch, answers in JSON."""
