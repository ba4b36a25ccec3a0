//! Entries that ask for what no cloud has beside plain ones, which run as if the others were not
//! there.

use serde_json::json;

use crate::oms::{Oms, Settings};
use crate::stage::stage;

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn careless_wishes_shut_no_account() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let careless = [
            json!({"networks": ["nowhere"]}),
            json!({"availability_zone": "nowhere"}),
            json!({"flavor": "nothing"}),
            json!({"flavor": "g-nohost"}),
            json!({"image": "nothing"}),
            json!({"security_groups": ["nothing"]}),
        ];
        let mut met = Vec::new();
        for round in 0..2 {
            for wish in &careless {
                met.push(oms.create(wish).await);
            }
            // By now each has been refused by alpha, or is on its way to be.
            if round == 0 {
                for id in &met {
                    oms.until_attempt_failed(*id, 0).await;
                }
            }
            for _ in 0..2 {
                let plain = oms.create(&json!({})).await;
                let entry = oms.until_status(plain, "RUN").await;
                assert_eq!(entry["instance"]["account"]["name"], "alpha", "{entry}");
                let explanation = oms.explain(plain).await;
                let attempts = explanation["attempts"].as_array().unwrap();
                assert_eq!(attempts.len(), 1, "{explanation:#}");
                eprintln!(
                    "beside {} careless entries a plain one ran after {} s",
                    met.len(),
                    entry["instance"]["boot_seconds"]
                );
            }
        }
        let accounts = oms.show("/api/accounts/").await;
        for account in accounts.as_array().unwrap() {
            assert_eq!(account["status"], "available", "{account:#}");
        }
    })
    .await;
}
