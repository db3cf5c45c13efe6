SELECT place_order() \watch 4
