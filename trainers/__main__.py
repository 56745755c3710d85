import sys
from pathlib import Path
from trainers.kit.device import be_considerate, Machine
be_considerate()
from trainers.recipes import RECIPES
from trainers.runs import start, resume
from dataclasses import replace
def say(x): print(x, flush=True)
if sys.argv[1]=='resume': resume(Path(sys.argv[2]), say)
else:
    from trainers.families import family_called
    r=RECIPES[sys.argv[2]]
    start(family_called(r.family), r.config, Machine(threads=1), Path(sys.argv[3]), say, r.name)
