//! The SUT as a process of its own: started, waited for, stopped with all that it started.
