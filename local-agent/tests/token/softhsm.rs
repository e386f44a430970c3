//! Against `SoftHSM2`, another maker's module: slots change their numbers, and no PIN ever locks.

use local_agent::token::{TokenDriver as _, TokenError, Tries};

use crate::soft::whole_life;
use crate::support::{PIN, SO_PIN, alone, driver, pin};

#[test]
fn the_driver_does_not_depend_on_one_module() {
    alone(
        "softhsm::the_driver_does_not_depend_on_one_module",
        |machine| {
            machine.key("SK1");
            let driver = driver(&["soft", "softhsm2"]);
            let blank = driver
                .present()
                .into_iter()
                .find(|key| key.profile == "softhsm2")
                .unwrap();
            assert_eq!(blank.initialised, Some(false));
            assert_eq!(blank.serial, "");
            let serial = driver.initialise("", &pin(SO_PIN), "BJCA 1").unwrap();
            assert!(!serial.is_empty());
            let present = driver.present();
            let key = present.iter().find(|key| key.serial == serial).unwrap();
            assert_eq!(key.label, "BJCA 1");
            assert_eq!(key.medium, Some(domain::catalog::Medium::Bjca));
            assert_eq!(key.pin_set, Some(false));
            driver
                .set_user_pin(&serial, &pin(SO_PIN), &pin(PIN))
                .unwrap();

            whole_life(&driver, &serial);
            // The other module's key, with the same PIN, was not touched.
            assert_eq!(driver.data("SK1").unwrap(), []);
            assert_eq!(driver.data(&serial).unwrap().len(), 1);

            for _ in 0..20 {
                let wrong = driver.login(&serial, &pin("not-the-pin")).err().unwrap();
                assert!(matches!(
                    wrong,
                    TokenError::PinWrong(Tries::Few | Tries::Many)
                ));
            }
            // Each module has its own login.
            let one = driver.login(&serial, &pin(PIN)).unwrap();
            let other = driver.login("SK1", &pin(PIN)).unwrap();
            assert_eq!(one.keys().unwrap().len(), 1);
            assert_eq!(other.keys().unwrap().len(), 0);
            assert_eq!(
                driver.rotate_so_pin(&serial, &pin("not-the-so-pin"), &pin(SO_PIN)),
                Err(TokenError::Busy)
            );
            drop(one);
            assert_eq!(
                driver.rotate_so_pin(&serial, &pin("not-the-so-pin"), &pin(SO_PIN)),
                Err(TokenError::SoPinWrong)
            );
        },
    );
}
