//! The table of routes: path, function, who may call, bodies.

use domain::actor::Role;
use schemars::{Schema, SchemaGenerator};

use crate::{account, catalog, console, order, payment, upload};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// A person of a company; what they see is their company's.
    Company,
    /// Any member of staff.
    Staff,
    /// A member of staff with one of these roles.
    Roles(&'static [Role]),
    /// A machine outside that signs what it sends; the function verifies.
    Signed,
}

/// A body or a query.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// None.
    None,
    /// JSON of this type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Something else, taken as bytes.
    Raw(&'static str),
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with `{names}`.
    pub path: &'static str,
    /// The function that serves it.
    pub function: &'static str,
    /// Its name in the OpenAPI document and in the page's code.
    pub operation: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What is sent.
    pub request: Body,
    /// What its query may hold.
    pub query: Body,
    /// What is answered when it works.
    pub response: Body,
    /// With which status.
    pub status: u16,
    /// What it does, in one sentence.
    pub summary: &'static str,
}

const fn json<T: schemars::JsonSchema>() -> Body {
    Body::Json(SchemaGenerator::subschema_for::<T>)
}

const REVIEWER: Access = Access::Roles(&[Role::Reviewer]);
const MAKER: Access = Access::Roles(&[Role::Maker]);
const SHIPPER: Access = Access::Roles(&[Role::Shipper]);

macro_rules! routes {
    ($($method:ident $path:literal => $function:literal, $operation:literal, $access:expr, $request:expr, $query:expr, $response:expr, $status:literal, $summary:literal;)+) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            function: $function,
            operation: $operation,
            access: $access,
            request: $request,
            query: $query,
            response: $response,
            status: $status,
            summary: $summary,
        },)+];
    };
}

routes! {
    POST "/api/accounts" => "account", "register", Access::Public, json::<account::RegisterRequest>(), Body::None, json::<account::SessionView>(), 201, "Registers a company and logs its first person in.";
    POST "/api/session" => "account", "login", Access::Public, json::<account::LoginRequest>(), Body::None, json::<account::SessionView>(), 200, "Logs a person of a company in.";
    GET "/api/session" => "account", "session", Access::Company, Body::None, Body::None, json::<account::SessionView>(), 200, "Tells who is logged in.";
    DELETE "/api/session" => "account", "logout", Access::Company, Body::None, Body::None, Body::None, 204, "Ends the session.";
    POST "/api/console/session" => "account", "staffLogin", Access::Public, json::<account::StaffLoginRequest>(), Body::None, json::<account::StaffSessionView>(), 200, "Logs a member of staff in.";
    GET "/api/console/session" => "account", "staffSession", Access::Staff, Body::None, Body::None, json::<account::StaffSessionView>(), 200, "Tells which member of staff is logged in.";
    DELETE "/api/console/session" => "account", "staffLogout", Access::Staff, Body::None, Body::None, Body::None, 204, "Ends the session of a member of staff.";
    GET "/api/catalog/{storefront}" => "catalog", "catalog", Access::Public, Body::None, Body::None, json::<catalog::CatalogView>(), 200, "Lists what a storefront sells, and how.";
    POST "/api/quotes" => "order", "quote", Access::Company, json::<order::QuoteRequest>(), Body::None, json::<order::QuoteView>(), 200, "Tells what something would cost now.";
    POST "/api/orders" => "order", "createOrder", Access::Company, json::<order::DraftRequest>(), Body::None, json::<order::OrderView>(), 201, "Saves a new draft.";
    GET "/api/orders" => "order", "listOrders", Access::Company, Body::None, json::<order::OrderListQuery>(), json::<order::OrderList>(), 200, "Lists the company's orders, newest first.";
    GET "/api/orders/{order}" => "order", "getOrder", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Shows an order whole.";
    PUT "/api/orders/{order}" => "order", "changeOrder", Access::Company, json::<order::DraftRequest>(), Body::None, json::<order::OrderView>(), 200, "Changes a draft.";
    POST "/api/orders/{order}/submit" => "order", "submitOrder", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Submits a draft; prices are frozen, the time to pay runs. Submitting again changes nothing.";
    POST "/api/orders/{order}/cancel" => "order", "cancelOrder", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Gives an unpaid order up.";
    GET "/api/orders/{order}/history" => "order", "orderHistory", Access::Company, Body::None, Body::None, json::<order::HistoryView>(), 200, "Shows everything that happened to an order.";
    POST "/api/orders/{order}/lines/{line}/materials" => "order", "submitMaterials", Access::Company, json::<order::MaterialsRequest>(), Body::None, json::<order::OrderView>(), 200, "Hands in basic data and papers of a line.";
    POST "/api/orders/{order}/payments" => "pay", "startPayment", Access::Company, json::<payment::PaymentRequest>(), Body::None, json::<payment::PaymentView>(), 200, "Shows the QR code to pay by; the same one as long as it lives.";
    GET "/api/orders/{order}/payments" => "pay", "paymentState", Access::Company, Body::None, Body::None, json::<payment::PaymentView>(), 200, "Tells where the payment stands.";
    POST "/api/webhooks/alipay" => "pay-callback", "alipayNotify", Access::Signed, Body::Raw("application/x-www-form-urlencoded"), Body::None, Body::Raw("text/plain"), 200, "Takes a payment notice of Alipay.";
    POST "/api/orders/{order}/lines/{line}/papers" => "upload-presign", "announcePaper", Access::Company, json::<upload::PaperUploadRequest>(), Body::None, json::<upload::PaperUploadView>(), 201, "Announces a file and tells where to put it.";
    GET "/api/console/reviews" => "review", "reviewQueue", REVIEWER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists lines that wait for a reviewer.";
    GET "/api/console/reviews/{order}/{line}" => "review", "reviewLine", REVIEWER, Body::None, Body::None, json::<console::ReviewView>(), 200, "Shows the papers of a line beside its data.";
    POST "/api/console/reviews/{order}/{line}/claim" => "review", "claimReview", REVIEWER, Body::None, Body::None, json::<console::ReviewView>(), 200, "Takes a line.";
    POST "/api/console/reviews/{order}/{line}/release" => "review", "releaseReview", REVIEWER, Body::None, Body::None, Body::None, 204, "Gives a line back to the queue.";
    POST "/api/console/reviews/{order}/{line}/approve" => "review", "approveReview", REVIEWER, Body::None, Body::None, Body::None, 204, "Approves the papers of a line.";
    POST "/api/console/reviews/{order}/{line}/reject" => "review", "rejectReview", REVIEWER, json::<console::RejectRequest>(), Body::None, Body::None, 204, "Sends papers back, each with a reason.";
    GET "/api/console/production" => "production", "productionQueue", MAKER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists lines whose keys are to be made.";
    GET "/api/console/production/{order}/{line}" => "production", "productionLine", MAKER, Body::None, Body::None, json::<console::ProductionView>(), 200, "Shows the keys of a line.";
    POST "/api/console/production/{order}/{line}/units/{unit}/made" => "production", "unitMade", MAKER, json::<console::UnitMadeRequest>(), Body::None, json::<console::ProductionView>(), 200, "Says that a key is finished.";
    POST "/api/console/production/{order}/{line}/units/{unit}/certificate" => "ca", "issueCertificate", MAKER, json::<console::CertificateRequest>(), Body::None, json::<console::CertificateView>(), 200, "Issues the certificate of a key, once; the same request again gets the same certificate.";
    GET "/api/console/production/{order}/{line}/units/{unit}/certificate" => "ca", "getCertificate", MAKER, Body::None, Body::None, json::<console::CertificateView>(), 200, "Shows the certificate of a key again.";
    GET "/api/console/shipping" => "shipping", "shippingQueue", SHIPPER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists parcels that wait for the courier or are on their way.";
    GET "/api/console/shipping/{order}/{line}" => "shipping", "shippingLine", SHIPPER, Body::None, Body::None, json::<console::ShippingView>(), 200, "Shows a parcel.";
    POST "/api/console/shipping/{order}/{line}/handed-over" => "shipping", "handedOver", SHIPPER, Body::None, Body::None, json::<console::ShippingView>(), 200, "Says that the courier has taken the parcel.";
    POST "/api/webhooks/courier" => "shipping", "courierMessage", Access::Signed, Body::Raw("application/json"), Body::None, Body::None, 204, "Takes a message of the courier.";
}

/// The route for a method and a path pattern.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| route.method == method && route.path == path)
}
