"""What every env shares: the Dec-POMDP loop and its parts."""
