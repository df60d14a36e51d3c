use std::{env, error::Error, fs, path::Path};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../../../proto");
    let files = protox::compile(["decider/v1/decider.proto"], ["../../../proto"])?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("decider.bin"), files.encode_to_vec())?; // for messages from JSON
    tonic_prost_build::configure().build_server(false).compile_fds(files)?;
    Ok(())
}
