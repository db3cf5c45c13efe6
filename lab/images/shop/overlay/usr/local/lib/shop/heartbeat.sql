SELECT beat() \watch 1
