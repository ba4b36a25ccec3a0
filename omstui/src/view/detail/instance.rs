//! An instance. Its private key is not here and never was: see [`crate::world`].

use oms_proto::view::InstanceView;
use ratatui::text::Span;

use super::sheet::Sheet;
use crate::pen::Pen;
use crate::tables::tone as look;
use crate::text;
use crate::theme::Tone;
use oms_proto::columns::{INSTANCES, server_word};

pub(super) fn title(pen: &Pen<'_>, instance: Option<&InstanceView>) -> Vec<Span<'static>> {
    let mut title = vec![pen.own(text::say(text::INSTANCE), Tone::Title)];
    if let Some(instance) = instance {
        let tone = look((INSTANCES.tone)(instance, pen.now));
        title.push(pen.own(format!(" {}  ", instance.id), Tone::Title));
        title.push(pen.own(format!("{} ", pen.glyphs.tone(tone)), tone));
        title.push(pen.foreign(server_word(instance), tone));
    }
    title
}

pub(super) fn write(sheet: &mut Sheet<'_>, instance: &InstanceView) {
    sheet.field("server", &instance.name);
    sheet.field("server id", &instance.instance_id);
    let tone = look((INSTANCES.tone)(instance, sheet.pen().now));
    sheet.toned("server status", server_word(instance), tone);
    if instance.vanished {
        sheet.paragraph(2, text::say(text::VANISHED), Tone::Bad);
    }
    sheet.maybe("address", instance.ip_addr.as_deref());
    sheet.list("all addresses", &instance.addresses);
    for (label, said) in [("image", &instance.image), ("flavor", &instance.flavor)] {
        sheet.maybe(label, Some(said.as_str()).filter(|said| !said.is_empty()));
    }
    sheet.maybe("zone", instance.availability_zone.as_deref());
    sheet.maybe("key pair", instance.key_name.as_deref());
    sheet.field("account", &instance.account.name);
    sheet.field("provider", &instance.account.provider);
    sheet.maybe("region", instance.account.region_name.as_deref());
    sheet.maybe("project", instance.account.tenant_name.as_deref());
    sheet.field("entry", &instance.entry.to_string());
    sheet.past("ready", instance.ready);
    sheet.field("boot time", &format!("{} s", instance.boot_seconds));
    sheet.field("sign in", &format!("omsctl instance ssh {}", instance.id));
}
