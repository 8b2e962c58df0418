//! Scripts and traces as text: what is printed is read back, and garbage is refused in words.

mod mistakes;
mod properties;
mod strategies;
