//! A subscription of somebody: the story, until what lets them in no longer does.

use futures::future::BoxFuture;
use futures::{Stream, stream};
use oms_proto::{ErrorCode, StreamItem, WireError};

use super::subscribe::Story;

/// A stream of what happens, for somebody.
pub struct Subscription {
    story: Story,
    /// Done when what lets them in no longer does.
    ended: BoxFuture<'static, ()>,
    over: bool,
}

impl Subscription {
    pub(super) fn new(story: Story, ended: BoxFuture<'static, ()>) -> Self {
        Self {
            story,
            ended,
            over: false,
        }
    }

    /// The next item; waits for it. `None` once the daemon stops; an error ends the stream too.
    /// May be dropped before it is done without losing an item.
    pub async fn next(&mut self) -> Option<Result<StreamItem, WireError>> {
        if self.over {
            return None;
        }
        tokio::select! {
            biased;
            () = &mut self.ended => {
                self.over = true;
                Some(Err(no_longer()))
            }
            item = self.story.next() => item,
        }
    }

    /// The items as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<StreamItem, WireError>> + Send {
        stream::unfold(self, |mut subscription| async {
            let item = subscription.next().await?;
            Some((item, subscription))
        })
    }
}

/// What let somebody in no longer does.
pub(super) fn no_longer() -> WireError {
    let detail = "what let you in no longer does: the token has ended or was revoked, or the user was \
                  changed or removed";
    WireError::new(ErrorCode::Unauthorized, detail)
}
