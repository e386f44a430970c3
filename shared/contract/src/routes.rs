//! The table of routes: path, function, who may call, bodies.

use domain::actor::Role;
use schemars::{Schema, SchemaGenerator};

use crate::{
    account, agent, catalog, company, console, desk, finance, invoice, keys, order, payment,
    qualification, staff, stamps, unbinding, upload,
};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// A person of a company; what they see is their company's. A limited session is enough.
    Company,
    /// The same with a full session: by key, or by password while the company is bound to no key (R27).
    CompanyFull,
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
const FINANCE: Access = Access::Roles(&[Role::Finance]);
const SUPPORT: Access = Access::Roles(&[Role::Support, Role::Finance]);
const RETURNERS: Access = Access::Roles(&[Role::Maker, Role::Support]);
const BRANCH: Access = Access::Roles(&[Role::Branch]);
/// Whoever works on orders. Administrators do not.
const DESKS: Access = Access::Roles(&[
    Role::Reviewer,
    Role::Maker,
    Role::Shipper,
    Role::Finance,
    Role::Support,
]);
const ADMIN: Access = Access::Roles(&[Role::Admin]);

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
    GET "/api/challenge" => "account", "challenge", Access::Public, Body::None, json::<account::ChallengeQuery>(), json::<account::ChallengeView>(), 200, "Makes a human check for this browser.";
    POST "/api/registrations" => "account", "register", Access::Public, json::<account::RegisterRequest>(), Body::None, json::<account::RegistrationView>(), 202, "Takes a registration and sends a code to its mobile number. The answer does not tell whether the company is known.";
    POST "/api/registrations/{registration}/code" => "account", "resendRegistrationCode", Access::Public, json::<account::HumanRequest>(), Body::None, json::<account::CodeSent>(), 202, "Sends another code.";
    POST "/api/registrations/{registration}/confirm" => "account", "confirmRegistration", Access::Public, json::<account::CodeRequest>(), Body::None, json::<account::SessionView>(), 201, "Confirms the mobile number; the company exists and its first person is logged in.";
    POST "/api/session" => "account", "login", Access::Public, json::<account::LoginRequest>(), Body::None, json::<account::LoginView>(), 200, "Logs a person of a company in by password.";
    POST "/api/session/code" => "account", "loginByCode", Access::Public, json::<account::LoginCodeRequest>(), Body::None, json::<account::SessionView>(), 200, "Opens the limited session of a company that is bound to a key.";
    POST "/api/session/key-login" => "ticket", "offerKeyLogin", Access::Public, Body::None, Body::None, json::<agent::TicketView>(), 201, "Gives a ticket for a login by key, to this browser.";
    POST "/api/session/key" => "account", "loginByKey", Access::Public, json::<agent::KeyLoginRequest>(), Body::None, json::<account::SessionView>(), 200, "Opens the session of a login by key, in the browser that asked for it.";
    GET "/api/session" => "account", "session", Access::Company, Body::None, Body::None, json::<account::SessionView>(), 200, "Tells who is logged in.";
    DELETE "/api/session" => "account", "logout", Access::Company, Body::None, Body::None, Body::None, 204, "Ends the session.";
    GET "/api/sessions" => "account", "listSessions", Access::Company, Body::None, Body::None, json::<account::SessionList>(), 200, "Lists one's own sessions.";
    DELETE "/api/sessions" => "account", "logoutEverywhere", Access::Company, Body::None, Body::None, Body::None, 204, "Ends all of one's own sessions, this one too.";
    DELETE "/api/sessions/{session}" => "account", "endSession", Access::Company, Body::None, Body::None, Body::None, 204, "Ends one of one's own sessions.";
    POST "/api/password-resets" => "account", "requestPasswordReset", Access::Public, json::<account::PasswordResetRequest>(), Body::None, json::<account::CodeSent>(), 202, "Sends a code to set a new password; the same answer for every company.";
    POST "/api/password-resets/{code}/confirm" => "account", "resetPassword", Access::Public, json::<account::NewPasswordRequest>(), Body::None, Body::None, 204, "Sets a new password by code.";
    PUT "/api/password" => "account", "changePassword", Access::Company, json::<account::PasswordChangeRequest>(), Body::None, Body::None, 204, "Changes one's own password.";
    POST "/api/console/session" => "account", "staffLogin", Access::Public, json::<account::StaffLoginRequest>(), Body::None, json::<account::StaffSessionView>(), 200, "Logs a member of staff in by password and second factor.";
    GET "/api/console/session" => "account", "staffSession", Access::Staff, Body::None, Body::None, json::<account::StaffSessionView>(), 200, "Tells which member of staff is logged in.";
    DELETE "/api/console/session" => "account", "staffLogout", Access::Staff, Body::None, Body::None, Body::None, 204, "Ends the session of a member of staff.";
    GET "/api/console/sessions" => "account", "listStaffSessions", Access::Staff, Body::None, Body::None, json::<staff::StaffSessionList>(), 200, "Lists one's own sessions.";
    DELETE "/api/console/sessions" => "account", "staffLogoutEverywhere", Access::Staff, Body::None, Body::None, Body::None, 204, "Ends all of one's own sessions, this one too.";
    GET "/api/company" => "company", "companyFile", Access::Company, Body::None, Body::None, json::<company::CompanyFile>(), 200, "Shows the company's file.";
    PUT "/api/company/basics" => "company", "changeBasics", Access::CompanyFull, json::<company::BasicsRequest>(), Body::None, json::<company::CompanyFile>(), 200, "Changes the basic data. Another name or code closes the qualification again.";
    POST "/api/company/contact" => "company", "changeContact", Access::CompanyFull, json::<company::ContactRequest>(), Body::None, json::<company::ContactChangeView>(), 200, "Changes the contact, or sends codes to the new mobile number and mailbox first.";
    POST "/api/company/contact/{change}/confirm" => "company", "confirmContact", Access::CompanyFull, json::<company::ContactConfirmRequest>(), Body::None, json::<company::CompanyFile>(), 200, "Confirms a new contact by code; the old one is told.";
    POST "/api/company/invoice-titles" => "company", "addInvoiceTitle", Access::CompanyFull, json::<company::InvoiceTitleRequest>(), Body::None, json::<company::CompanyFile>(), 201, "Adds a title for invoices.";
    PUT "/api/company/invoice-titles/{title}" => "company", "changeInvoiceTitle", Access::CompanyFull, json::<company::InvoiceTitleRequest>(), Body::None, json::<company::CompanyFile>(), 200, "Changes a title for invoices.";
    DELETE "/api/company/invoice-titles/{title}" => "company", "removeInvoiceTitle", Access::CompanyFull, Body::None, json::<company::VersionQuery>(), json::<company::CompanyFile>(), 200, "Takes a title for invoices away.";
    POST "/api/company/addresses" => "company", "addAddress", Access::CompanyFull, json::<company::AddressRequest>(), Body::None, json::<company::CompanyFile>(), 201, "Adds an address.";
    PUT "/api/company/addresses/{address}" => "company", "changeAddress", Access::CompanyFull, json::<company::AddressRequest>(), Body::None, json::<company::CompanyFile>(), 200, "Changes an address.";
    DELETE "/api/company/addresses/{address}" => "company", "removeAddress", Access::CompanyFull, Body::None, json::<company::VersionQuery>(), json::<company::CompanyFile>(), 200, "Takes an address away.";
    GET "/api/company/history" => "company", "companyHistory", Access::Company, Body::None, Body::None, json::<company::CompanyHistory>(), 200, "Shows everything that happened to the company's file.";
    GET "/api/company/people" => "company", "listPeople", Access::Company, Body::None, Body::None, json::<company::PeopleView>(), 200, "Lists who logs in for the company.";
    POST "/api/company/people" => "company", "addPerson", Access::CompanyFull, json::<company::PersonRequest>(), Body::None, json::<company::PeopleView>(), 201, "Lets somebody log in for the company.";
    PUT "/api/company/people/{user}" => "company", "changePerson", Access::CompanyFull, json::<company::PersonRequest>(), Body::None, json::<company::PeopleView>(), 200, "Changes somebody's name, mobile number or account name.";
    DELETE "/api/company/people/{user}" => "company", "removePerson", Access::CompanyFull, Body::None, json::<company::VersionQuery>(), json::<company::PeopleView>(), 200, "Lets somebody log in no more; their sessions end at once.";
    POST "/api/company/people/{user}/main" => "company", "makeMain", Access::CompanyFull, Body::None, Body::None, json::<company::PeopleView>(), 200, "Says whom a login by the company's name means.";
    POST "/api/company/papers" => "company", "announceCompanyPaper", Access::CompanyFull, json::<company::CompanyPaperRequest>(), Body::None, json::<upload::PaperUploadView>(), 201, "Announces a file about the company and tells where to put it.";
    POST "/api/company/qualification" => "company", "submitQualification", Access::CompanyFull, json::<company::QualificationRequest>(), Body::None, json::<company::CompanyFile>(), 200, "Hands the company's papers in.";
    GET "/api/keys" => "company", "listKeys", Access::Company, Body::None, Body::None, json::<keys::KeyList>(), 200, "Lists the company's keys, and what can be bought for each.";
    POST "/api/keys/{serial}/found" => "company", "reportFound", Access::Company, Body::None, Body::None, json::<keys::KeyView>(), 200, "Takes the report of a lost or stolen key back: its certificates count again.";
    POST "/api/keys/{serial}/loss" => "company", "reportLoss", Access::Company, json::<keys::LossRequest>(), Body::None, json::<keys::KeyView>(), 200, "Reports a key as lost or stolen: certificate and seal are suspended at once.";
    POST "/api/activations" => "account", "requestActivation", Access::Company, json::<agent::ActivationRequest>(), Body::None, json::<account::CodeSent>(), 202, "Sends the code by which a key may be activated.";
    POST "/api/operations" => "ticket", "offerOperation", Access::Company, json::<agent::TicketRequest>(), Body::None, json::<agent::TicketView>(), 201, "Gives a ticket with which the agent beside a key may do something.";
    POST "/api/operations/{operation}/confirmation" => "ticket", "confirmOperation", Access::Company, json::<agent::ConfirmationRequest>(), Body::None, json::<agent::OperationView>(), 200, "Confirms the code that the agent shows before a key is unlocked.";
    POST "/api/orders/{order}/lines/{line}/operations" => "ticket", "offerService", Access::Company, json::<agent::ServiceTicketRequest>(), Body::None, json::<agent::TicketView>(), 201, "Gives a ticket for what was bought for a key: its renewal, or its unlocking.";
    GET "/api/operations/{operation}" => "ticket", "getOperation", Access::Company, Body::None, Body::None, json::<agent::OperationView>(), 200, "Shows how an operation of the agent stands.";
    DELETE "/api/operations/{operation}" => "ticket", "withdrawOperation", Access::Company, Body::None, Body::None, json::<agent::OperationView>(), 200, "Takes a ticket back that no agent has claimed.";
    POST "/api/agent/claims" => "ticket", "claimOperation", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::AgentView>(), 200, "Binds an operation to the agent that brings its ticket.";
    POST "/api/agent/obstacles" => "ticket", "reportObstacle", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::AgentView>(), 200, "Says what keeps an agent from going on.";
    POST "/api/agent/evidence" => "ticket", "giveEvidence", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::AgentView>(), 200, "Shows a key's certificate with proof of possession.";
    POST "/api/agent/endings" => "ticket", "giveUpOperation", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::AgentView>(), 200, "Gives an operation up that left nothing behind.";
    POST "/api/agent/desks" => "ticket", "enrolDesk", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::Enrolled>(), 200, "Makes the agent's computer a desk.";
    POST "/api/agent/keys" => "ticket", "takeKey", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::Assigned>(), 200, "Begins a key on a token, or goes on with it.";
    POST "/api/agent/keys/made" => "ticket", "keyMade", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::MakingView>(), 200, "Says that a key is made, with proof of possession.";
    POST "/api/agent/keys/scrapped" => "ticket", "scrapKey", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::MakingView>(), 200, "Gives a token up with what was on it.";
    POST "/api/agent/transport-pins" => "ticket", "takeTransportPin", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::SealedText>(), 200, "Hands the PIN with which a key travelled to the agent that replaces it.";
    POST "/api/agent/so-pins" => "ticket", "takeSoPins", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::SealedText>(), 200, "Hands the SO PINs by which a key is unlocked to its agent, once the company has confirmed it.";
    POST "/api/agent/renewals" => "ca", "requestRenewal", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::KeyCertificates>(), 200, "Issues the certificates of a key's further term.";
    POST "/api/agent/certificates" => "ca", "requestCertificates", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::KeyCertificates>(), 200, "Issues the certificates of a key that was begun.";
    POST "/api/agent/seals" => "seal-maker", "requestSeal", Access::Signed, Body::Raw("application/jose"), Body::None, json::<agent::KeySeal>(), 200, "Makes the e-seal of a key whose certificates were issued.";
    POST "/api/unbindings" => "unbinding", "requestUnbinding", Access::Public, json::<unbinding::UnbindingRequest>(), Body::None, json::<account::CodeSent>(), 202, "Sends a code to the mailbox if everything given is right; the same answer for every company.";
    POST "/api/unbindings/{code}/confirm" => "unbinding", "confirmUnbinding", Access::Public, json::<account::CodeRequest>(), Body::None, Body::None, 204, "Unbinds by code; ends all sessions of the company.";
    POST "/api/recoveries" => "unbinding", "beginRecovery", Access::Public, json::<unbinding::RecoveryRequest>(), Body::None, json::<unbinding::RecoveryView>(), 201, "Begins the road for a lost mailbox or mobile number.";
    GET "/api/recovery" => "unbinding", "getRecovery", Access::Public, Body::None, Body::None, json::<unbinding::RecoveryView>(), 200, "Shows the application of this browser.";
    POST "/api/recovery/codes" => "unbinding", "resendRecoveryCodes", Access::Public, json::<account::HumanRequest>(), Body::None, json::<unbinding::RecoveryView>(), 200, "Sends both codes again.";
    POST "/api/recovery/confirm" => "unbinding", "confirmRecovery", Access::Public, json::<unbinding::RecoveryConfirmRequest>(), Body::None, json::<unbinding::RecoveryView>(), 200, "Confirms the new contact by both codes.";
    POST "/api/recovery/papers" => "unbinding", "announceRecoveryPaper", Access::Public, json::<company::CompanyPaperRequest>(), Body::None, json::<upload::PaperUploadView>(), 201, "Announces a file of the application and tells where to put it.";
    POST "/api/recovery/submit" => "unbinding", "submitRecovery", Access::Public, json::<unbinding::RecoverySubmitRequest>(), Body::None, json::<unbinding::RecoveryView>(), 200, "Hands the application in.";
    POST "/api/objections" => "unbinding", "showObjection", Access::Public, json::<unbinding::LinkRequest>(), Body::None, json::<unbinding::ObjectionView>(), 200, "Tells what a link would stop.";
    POST "/api/objections/confirm" => "unbinding", "confirmObjection", Access::Public, json::<unbinding::LinkRequest>(), Body::None, Body::None, 204, "Stops it: this was not us.";
    GET "/api/catalog/{storefront}" => "catalog", "catalog", Access::Public, Body::None, Body::None, json::<catalog::CatalogView>(), 200, "Lists what a storefront sells, and how.";
    GET "/api/console/policies" => "catalog", "listPolicies", Access::Staff, Body::None, Body::None, json::<catalog::PoliciesView>(), 200, "Shows how every storefront sells, side by side.";
    GET "/api/console/catalog/{storefront}" => "catalog", "consoleCatalog", ADMIN, Body::None, Body::None, json::<catalog::ConsoleCatalog>(), 200, "Lists what a storefront sells, sold and will sell.";
    PUT "/api/console/catalog/{storefront}/{sku}" => "catalog", "changeProduct", ADMIN, json::<catalog::ProductRequest>(), Body::None, json::<catalog::ConsoleCatalog>(), 200, "Says how a product is from a time on.";
    POST "/api/quotes" => "order", "quote", Access::Company, json::<order::QuoteRequest>(), Body::None, json::<order::QuoteView>(), 200, "Tells what something would cost now.";
    POST "/api/orders" => "order", "createOrder", Access::CompanyFull, json::<order::DraftRequest>(), Body::None, json::<order::OrderView>(), 201, "Saves a new draft.";
    GET "/api/orders" => "order", "listOrders", Access::Company, Body::None, json::<order::OrderListQuery>(), json::<order::OrderList>(), 200, "Lists the company's orders, newest first.";
    GET "/api/orders/{order}" => "order", "getOrder", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Shows an order whole.";
    PUT "/api/orders/{order}" => "order", "changeOrder", Access::CompanyFull, json::<order::DraftRequest>(), Body::None, json::<order::OrderView>(), 200, "Changes a draft.";
    POST "/api/orders/{order}/submit" => "order", "submitOrder", Access::CompanyFull, Body::None, Body::None, json::<order::OrderView>(), 200, "Submits a draft; prices are frozen, the time to pay runs. Submitting again changes nothing.";
    POST "/api/orders/{order}/cancel" => "order", "cancelOrder", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Gives an order up. What was paid goes back, as long as no paper of it was approved.";
    POST "/api/orders/{order}/withdraw" => "order", "withdrawOrder", Access::CompanyFull, Body::None, Body::None, json::<order::OrderView>(), 200, "Takes a submitted order back to change it, as long as it is not paid.";
    GET "/api/orders/{order}/history" => "order", "orderHistory", Access::Company, Body::None, Body::None, json::<order::HistoryView>(), 200, "Shows everything that happened to an order.";
    POST "/api/orders/{order}/lines/{line}/materials" => "order", "submitMaterials", Access::Company, json::<order::MaterialsRequest>(), Body::None, json::<order::OrderView>(), 200, "Hands in basic data and papers of a line; where papers are part of the draft, keeps them there.";
    POST "/api/orders/{order}/lines/{line}/receipt" => "order", "confirmReceipt", Access::Company, Body::None, Body::None, json::<order::OrderView>(), 200, "Says that the company has its keys (R64). Saying it again changes nothing.";
    GET "/api/invoices" => "order", "listInvoices", Access::Company, Body::None, json::<invoice::InvoiceListQuery>(), json::<invoice::InvoiceList>(), 200, "Lists the company's invoices, newest first.";
    GET "/api/orders/{order}/invoices/{invoice}" => "order", "getInvoice", Access::Company, Body::None, Body::None, json::<invoice::InvoiceView>(), 200, "Shows an invoice.";
    GET "/api/orders/{order}/invoices/{invoice}/files/{format}" => "order", "getInvoiceFile", Access::Company, Body::None, Body::None, json::<invoice::InvoiceFileView>(), 200, "Tells where to read a file of an invoice, for a short time.";
    POST "/api/orders/{order}/invoices/{invoice}/mail" => "order", "sendInvoice", Access::Company, Body::None, Body::None, json::<invoice::InvoiceView>(), 200, "Mails an invoice once more. Asked again at once, it changes nothing.";
    PUT "/api/orders/{order}/invoices/{invoice}/title" => "order", "changeInvoiceBuyer", Access::CompanyFull, json::<invoice::InvoiceTitleChange>(), Body::None, json::<invoice::InvoiceView>(), 200, "Says anew to whom an invoice is made out that is not issued.";
    POST "/api/orders/{order}/payments" => "pay", "startPayment", Access::Company, json::<payment::PaymentRequest>(), Body::None, json::<payment::PaymentView>(), 200, "Shows the QR code to pay by; the same one as long as it lives.";
    GET "/api/orders/{order}/payments" => "pay", "paymentState", Access::Company, Body::None, Body::None, json::<payment::PaymentView>(), 200, "Tells where the payment stands.";
    POST "/api/webhooks/alipay" => "pay-callback", "alipayNotify", Access::Signed, Body::Raw("application/x-www-form-urlencoded"), Body::None, Body::Raw("text/plain"), 200, "Takes a payment notice of Alipay.";
    POST "/api/webhooks/wechatpay" => "pay-callback", "wechatpayNotify", Access::Signed, Body::Raw("application/json"), Body::None, Body::None, 204, "Takes a payment notice of WeChat Pay.";
    POST "/api/webhooks/wechatpay/refund" => "pay-callback", "wechatpayRefundNotify", Access::Signed, Body::Raw("application/json"), Body::None, Body::None, 204, "Takes a refund notice of WeChat Pay.";
    GET "/api/console/refunds" => "finance", "refundQueue", FINANCE, Body::None, json::<finance::RefundQueueQuery>(), json::<finance::RefundQueueView>(), 200, "Lists refunds that need somebody, or that wait for the gateway.";
    POST "/api/console/refunds/{order}/{refund}/retry" => "finance", "retryRefund", FINANCE, Body::None, Body::None, json::<finance::RefundRow>(), 200, "Asks the gateway again, with the same number.";
    POST "/api/console/refunds/{order}/{refund}/settlement" => "finance", "settleRefund", FINANCE, json::<finance::SettleRequest>(), Body::None, json::<finance::RefundRow>(), 200, "Says that a refund was paid out by hand; a second person agrees.";
    DELETE "/api/console/refunds/{order}/{refund}/settlement" => "finance", "withdrawSettlement", FINANCE, Body::None, Body::None, json::<finance::RefundRow>(), 200, "Says that it was not.";
    POST "/api/console/refunds/{order}/{refund}/settlement/agree" => "finance", "agreeSettlement", FINANCE, Body::None, Body::None, json::<finance::RefundRow>(), 200, "Agrees, as another person than the one who said so.";
    GET "/api/console/invoices" => "finance", "invoiceQueue", SUPPORT, Body::None, json::<invoice::InvoiceQueueQuery>(), json::<invoice::InvoiceQueueView>(), 200, "Lists invoices that need somebody, or that wait.";
    POST "/api/console/invoices/{order}/{invoice}/retry" => "finance", "retryInvoice", FINANCE, Body::None, Body::None, json::<invoice::InvoiceRow>(), 200, "Asks the tax platform again, with the same number.";
    POST "/api/console/invoices/{order}/{invoice}/release" => "finance", "releaseInvoice", SUPPORT, json::<invoice::InvoiceReleaseRequest>(), Body::None, json::<invoice::InvoiceRow>(), 200, "Says which kind an invoice becomes that customer service has (R74).";
    GET "/api/console/ledger/orders/{order}" => "finance", "orderBooks", FINANCE, Body::None, Body::None, json::<finance::OrderBooks>(), 200, "Shows the books of an order.";
    GET "/api/console/ledger/days/{day}" => "finance", "dayBooks", FINANCE, Body::None, json::<finance::DayQuery>(), json::<finance::DayBooks>(), 200, "Shows the books of a day.";
    GET "/api/console/statements" => "finance", "listStatements", FINANCE, Body::None, json::<finance::StatementQuery>(), json::<finance::StatementList>(), 200, "Lists the gateways' bills of a month.";
    GET "/api/console/statements/{day}/{method}" => "finance", "getStatement", FINANCE, Body::None, Body::None, json::<finance::StatementView>(), 200, "Shows what does not fit between a bill and the ledger.";
    POST "/api/console/statements/{day}/{method}/read" => "finance", "readStatement", FINANCE, Body::None, Body::None, json::<finance::StatementView>(), 200, "Asks that a bill be read again.";
    POST "/api/console/statements/{day}/{method}/handled" => "finance", "handleDifference", FINANCE, json::<finance::HandledRequest>(), Body::None, json::<finance::StatementView>(), 200, "Notes what came of a difference.";
    POST "/api/orders/{order}/lines/{line}/papers" => "upload-presign", "announcePaper", Access::Company, json::<upload::PaperUploadRequest>(), Body::None, json::<upload::PaperUploadView>(), 201, "Announces a file and tells where to put it.";
    GET "/api/console/orders" => "console", "searchOrders", DESKS, Body::None, json::<console::OrderSearchQuery>(), json::<console::OrderSearchView>(), 200, "Finds orders by number, company, key or waybill.";
    GET "/api/console/orders/{order}" => "console", "consoleOrder", DESKS, Body::None, Body::None, json::<console::ConsoleOrder>(), 200, "Shows an order whole, and what can be done with it.";
    POST "/api/console/orders/{order}/lines/{line}/return" => "console", "returnToReview", RETURNERS, json::<console::ReturnRequest>(), Body::None, json::<console::ConsoleOrder>(), 200, "Wants an approved line reviewed again.";
    POST "/api/console/orders/{order}/lines/{line}/exit" => "console", "askExit", SUPPORT, json::<console::ExitRequest>(), Body::None, json::<console::ConsoleOrder>(), 200, "Asks for a way out of a line; a second person agrees.";
    POST "/api/console/orders/{order}/lines/{line}/exit/agree" => "console", "agreeExit", SUPPORT, Body::None, Body::None, json::<console::ConsoleOrder>(), 200, "Agrees to a way out, as another person than the one who asked.";
    DELETE "/api/console/orders/{order}/lines/{line}/exit" => "console", "withdrawExit", SUPPORT, Body::None, Body::None, json::<console::ConsoleOrder>(), 200, "Does not take a way out after all.";
    GET "/api/console/qualifications" => "qualification", "qualificationQueue", REVIEWER, Body::None, json::<console::QueueQuery>(), json::<qualification::QualificationQueue>(), 200, "Lists companies whose papers wait for a reviewer.";
    GET "/api/console/qualifications/{company}" => "qualification", "qualificationDetail", REVIEWER, Body::None, Body::None, json::<qualification::QualificationDetail>(), 200, "Shows a company's papers beside its data.";
    POST "/api/console/qualifications/{company}/claim" => "qualification", "claimQualification", REVIEWER, Body::None, Body::None, json::<qualification::QualificationDetail>(), 200, "Takes a company.";
    POST "/api/console/qualifications/{company}/release" => "qualification", "releaseQualification", REVIEWER, Body::None, Body::None, Body::None, 204, "Gives it back to the queue.";
    POST "/api/console/qualifications/{company}/approve" => "qualification", "approveQualification", REVIEWER, json::<qualification::QualificationApproveRequest>(), Body::None, Body::None, 204, "Approves a company's papers; name and code are its own now.";
    POST "/api/console/qualifications/{company}/reject" => "qualification", "rejectQualification", REVIEWER, json::<qualification::QualificationRejectRequest>(), Body::None, Body::None, 204, "Sends a company's papers back, each item with a reason.";
    POST "/api/console/qualifications/{company}/id-number" => "qualification", "showIdNumber", REVIEWER, Body::None, Body::None, json::<qualification::IdNumberView>(), 200, "Shows the full ID number to the reviewer in charge; the look is noted.";
    GET "/api/console/recoveries" => "qualification", "recoveryQueue", REVIEWER, Body::None, json::<console::QueueQuery>(), json::<qualification::RecoveryQueue>(), 200, "Lists applications for a new contact.";
    GET "/api/console/recoveries/{recovery}" => "qualification", "recoveryDetail", REVIEWER, Body::None, Body::None, json::<qualification::RecoveryDetail>(), 200, "Shows an application beside the company on record.";
    POST "/api/console/recoveries/{recovery}/decide" => "qualification", "decideRecovery", REVIEWER, json::<qualification::RecoveryDecisionRequest>(), Body::None, json::<qualification::RecoveryDetail>(), 200, "Agrees or refuses; two reviewers have to agree.";
    GET "/api/console/staff" => "staff", "listStaff", ADMIN, Body::None, Body::None, json::<staff::StaffList>(), 200, "Lists all staff.";
    POST "/api/console/staff/invites" => "staff", "inviteStaff", ADMIN, json::<staff::InviteRequest>(), Body::None, json::<staff::StaffRequestList>(), 201, "Asks to invite somebody; a second administrator agrees.";
    PUT "/api/console/staff/{staff}/roles" => "staff", "changeRoles", ADMIN, json::<staff::RolesRequest>(), Body::None, json::<staff::StaffList>(), 200, "Takes roles away at once, or asks to give them.";
    POST "/api/console/staff/{staff}/suspend" => "staff", "suspendStaff", ADMIN, json::<staff::ReasonRequest>(), Body::None, json::<staff::StaffList>(), 200, "Suspends somebody at once; their sessions end.";
    POST "/api/console/staff/{staff}/resume" => "staff", "resumeStaff", ADMIN, json::<staff::ReasonRequest>(), Body::None, json::<staff::StaffRequestList>(), 201, "Asks to let somebody in again.";
    POST "/api/console/staff/{staff}/reset" => "staff", "resetStaff", ADMIN, json::<staff::ReasonRequest>(), Body::None, json::<staff::StaffRequestList>(), 201, "Asks to set somebody's password and second factor anew.";
    POST "/api/console/staff/{staff}/invite" => "staff", "resendInvite", ADMIN, Body::None, Body::None, Body::None, 204, "Sends an invitation again that was agreed to and not taken up.";
    GET "/api/console/staff/requests" => "staff", "listStaffRequests", ADMIN, Body::None, Body::None, json::<staff::StaffRequestList>(), 200, "Lists what waits for a second administrator.";
    POST "/api/console/staff/requests/{request}/approve" => "staff", "approveStaffRequest", ADMIN, Body::None, Body::None, json::<staff::StaffRequestList>(), 200, "Agrees, as another administrator than the one who asked.";
    POST "/api/console/staff/requests/{request}/decline" => "staff", "declineStaffRequest", ADMIN, json::<staff::ReasonRequest>(), Body::None, json::<staff::StaffRequestList>(), 200, "Declines.";
    POST "/api/console/invites" => "staff", "showInvite", Access::Public, json::<unbinding::LinkRequest>(), Body::None, json::<staff::InviteView>(), 200, "Shows what an invitation offers.";
    POST "/api/console/invites/accept" => "staff", "acceptInvite", Access::Public, json::<staff::InviteAcceptRequest>(), Body::None, Body::None, 204, "Takes an invitation up: password and second factor.";
    GET "/api/console/branches" => "staff", "listBranches", Access::Staff, Body::None, Body::None, json::<staff::BranchList>(), 200, "Lists all branches.";
    POST "/api/console/branches" => "staff", "addBranch", ADMIN, json::<staff::BranchRequest>(), Body::None, json::<staff::BranchList>(), 201, "Adds a branch.";
    PUT "/api/console/branches/{branch}" => "staff", "changeBranch", ADMIN, json::<staff::BranchRequest>(), Body::None, json::<staff::BranchList>(), 200, "Changes a branch.";
    GET "/api/console/audit" => "audit", "listAudit", ADMIN, Body::None, json::<staff::AuditQuery>(), json::<staff::AuditPage>(), 200, "Lists what staff did.";
    POST "/api/console/audit/exports" => "audit", "exportAudit", ADMIN, json::<staff::AuditExportRequest>(), Body::None, json::<staff::AuditExportView>(), 201, "Writes entries of some days to a file.";
    GET "/api/console/reviews" => "review", "reviewQueue", REVIEWER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists lines that wait for a reviewer.";
    GET "/api/console/reviews/{order}/{line}" => "review", "reviewLine", REVIEWER, Body::None, Body::None, json::<console::ReviewView>(), 200, "Shows the papers of a line beside its data.";
    POST "/api/console/reviews/{order}/{line}/claim" => "review", "claimReview", REVIEWER, Body::None, Body::None, json::<console::ReviewView>(), 200, "Takes a line.";
    POST "/api/console/reviews/{order}/{line}/release" => "review", "releaseReview", REVIEWER, Body::None, Body::None, Body::None, 204, "Gives a line back to the queue.";
    POST "/api/console/reviews/{order}/{line}/approve" => "review", "approveReview", REVIEWER, json::<stamps::ApproveRequest>(), Body::None, Body::None, 204, "Approves the papers of a line, with the stamps for its keys.";
    POST "/api/console/reviews/{order}/{line}/reject" => "review", "rejectReview", REVIEWER, json::<console::RejectRequest>(), Body::None, Body::None, 204, "Sends papers back, each with a reason.";
    GET "/api/console/production" => "production", "productionQueue", MAKER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists lines whose keys are to be made.";
    GET "/api/console/production/{order}/{line}" => "production", "productionLine", MAKER, Body::None, Body::None, json::<console::ProductionView>(), 200, "Shows the keys of a line.";
    GET "/api/console/production/{order}/{line}/units/{unit}/certificate" => "ca", "getCertificate", MAKER, Body::None, Body::None, json::<console::CertificateView>(), 200, "Shows the certificate of a key again.";
    GET "/api/console/production/{order}/{line}/seals" => "seal-maker", "lineSeals", MAKER, Body::None, Body::None, json::<stamps::LineSeals>(), 200, "Shows the approved pictures of a line's e-seals, and how those that were made stand.";
    POST "/api/console/production/{order}/{line}/units/{unit}/scrap" => "production", "scrapUnit", MAKER, json::<desk::UnitScrapRequest>(), Body::None, json::<console::ProductionView>(), 200, "Gives a key up with its token; it is made anew.";
    POST "/api/console/production/{order}/{line}/operations" => "ticket", "offerMaking", MAKER, Body::None, Body::None, json::<agent::TicketView>(), 201, "Gives a ticket with which a desk makes the keys of a line.";
    GET "/api/console/operations/{operation}" => "ticket", "deskOperation", Access::Roles(&[Role::Maker, Role::Admin]), Body::None, Body::None, json::<agent::OperationView>(), 200, "Shows how an operation at a desk stands.";
    DELETE "/api/console/operations/{operation}" => "ticket", "withdrawDeskOperation", Access::Roles(&[Role::Maker, Role::Admin]), Body::None, Body::None, json::<agent::OperationView>(), 200, "Takes a ticket back that no desk has claimed.";
    GET "/api/console/stock" => "production", "listStock", Access::Roles(&[Role::Maker, Role::Admin]), Body::None, json::<desk::StockQuery>(), json::<desk::StockView>(), 200, "Counts the blank keys, and lists those of one state.";
    POST "/api/console/stock" => "production", "addStock", ADMIN, json::<desk::StockRequest>(), Body::None, Body::None, 204, "Takes blank keys into the stock. Those that are there already stay as they are.";
    POST "/api/console/escrow" => "production", "addEscrow", ADMIN, json::<desk::EscrowRequest>(), Body::None, Body::None, 204, "Takes over the SO PINs of keys that were made elsewhere, so that they can be unlocked.";
    POST "/api/console/stock/{serial}/scrap" => "production", "scrapStock", Access::Roles(&[Role::Maker, Role::Admin]), json::<desk::ScrapRequest>(), Body::None, json::<desk::StockKeyView>(), 200, "Takes a blank key out of the stock for good.";
    GET "/api/console/desks" => "production", "listDesks", Access::Roles(&[Role::Maker, Role::Admin]), Body::None, Body::None, json::<desk::DeskList>(), 200, "Lists the desks at which keys are made.";
    POST "/api/console/desks" => "ticket", "offerEnrolment", ADMIN, json::<desk::DeskRequest>(), Body::None, json::<agent::TicketView>(), 201, "Gives a ticket with which a computer becomes a desk.";
    DELETE "/api/console/desks/{desk}" => "production", "dismissDesk", ADMIN, Body::None, Body::None, json::<desk::DeskList>(), 200, "Lets a desk make nothing any more, at once.";
    GET "/api/console/shipping" => "shipping", "shippingQueue", SHIPPER, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists parcels that wait for the courier or are on their way.";
    GET "/api/console/shipping/{order}/{line}" => "shipping", "shippingLine", SHIPPER, Body::None, Body::None, json::<console::ShippingView>(), 200, "Shows a parcel.";
    POST "/api/console/shipping/{order}/{line}/handed-over" => "shipping", "handedOver", SHIPPER, Body::None, Body::None, json::<console::ShippingView>(), 200, "Says that the courier has taken the parcel.";
    GET "/api/console/pickups" => "shipping", "pickupQueue", BRANCH, Body::None, json::<console::QueueQuery>(), json::<console::QueueView>(), 200, "Lists keys that wait at one's branch to be fetched.";
    GET "/api/console/pickups/{order}/{line}" => "shipping", "pickupLine", BRANCH, Body::None, Body::None, json::<console::ShippingView>(), 200, "Shows what is to be fetched, and whom to call.";
    POST "/api/console/pickups/{order}/{line}/picked-up" => "shipping", "pickedUp", BRANCH, Body::None, Body::None, json::<console::ShippingView>(), 200, "Says that the company has fetched its keys.";
    POST "/api/webhooks/courier" => "shipping", "courierMessage", Access::Signed, Body::Raw("application/json"), Body::None, Body::None, 204, "Takes a message of the courier.";
}

/// The route for a method and a path pattern.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| route.method == method && route.path == path)
}
