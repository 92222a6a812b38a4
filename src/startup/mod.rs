//! What must be there before anything is served: the data directory and what is in it, the addresses and names of this
//! machine, its port, the database, descriptors enough. And the owner link, once the accounts are. Made narrow at the first start, refused wide.

pub mod addresses;
pub mod bind;
pub mod database;
pub mod descriptors;
pub mod home;
pub mod notify;
pub mod owner;
