//! A project with a server.
