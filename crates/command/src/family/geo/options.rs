//! The options of a search.
//!
//! Always true: arguments are read in their order, and the first error counts; what does not go
//! together is complained of after all were read.
//! Not here: the search itself — `search.rs`.

use russet_engine::ZsetRef;
use russet_resp::Args;

use super::cell::Position;
use super::shape::{self, Shape};
use super::unit::{length, metres, position};
use crate::args::{Cursor, integer};
use crate::error::CommandError;

/// Which of the commands it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Radius { stores: bool },
    RadiusByMember { stores: bool },
    Search,
    SearchStore,
}

impl Command {
    /// Where the key stands that is searched.
    pub(super) fn source_at(self) -> usize {
        match self {
            Self::SearchStore => 2,
            _ => 1,
        }
    }

    fn options_at(self) -> usize {
        match self {
            Self::Radius { .. } => 6,
            Self::RadiusByMember { .. } => 5,
            Self::Search => 2,
            Self::SearchStore => 3,
        }
    }

    fn is_search(self) -> bool {
        matches!(self, Self::Search | Self::SearchStore)
    }

    fn has_store(self) -> bool {
        let (Self::Radius { stores } | Self::RadiusByMember { stores }) = self else {
            return false;
        };
        stores
    }
}

/// In which order members come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    None,
    Nearest,
    Farthest,
}

/// The options of a search, once they are read.
#[derive(Debug)]
pub(super) struct Wish {
    centre: Option<Position>,
    shape: Option<Shape>,
    /// A member was named as the centre, although there is no key.
    is_centre_named: bool,
    /// The metres of the unit of distances.
    pub(super) unit: f64,
    pub(super) sort: Sort,
    /// How many members are wanted; 0 is all.
    pub(super) count: usize,
    /// Whether the first members found will do, up to the count.
    pub(super) is_any: bool,
    pub(super) with_distance: bool,
    pub(super) with_hash: bool,
    pub(super) with_position: bool,
    /// Where the destination stands.
    pub(super) target: Option<usize>,
    pub(super) stores_distance: bool,
}

impl Wish {
    /// Reads the arguments; `zset` is what is searched, if it is there.
    pub(super) fn read(
        args: Args<'_>,
        command: Command,
        zset: Option<ZsetRef<'_>>,
    ) -> Result<Self, CommandError> {
        let mut wish = Self {
            centre: None,
            shape: None,
            is_centre_named: false,
            unit: 1.0,
            sort: Sort::None,
            count: 0,
            is_any: false,
            with_distance: false,
            with_hash: false,
            with_position: false,
            target: (command == Command::SearchStore).then_some(1),
            stores_distance: false,
        };
        match command {
            Command::Radius { .. } => {
                wish.centre = Some(position(&args[2], &args[3])?);
                wish.read_circle(&args[4], &args[5])?;
            }
            Command::RadiusByMember { .. } => {
                if let Some(zset) = zset {
                    wish.centre = Some(position_of(zset, &args[2])?);
                    wish.read_circle(&args[3], &args[4])?;
                }
            }
            Command::Search | Command::SearchStore => {}
        }
        let mut rest = Cursor::new(args, command.options_at());
        while rest.has_more() {
            let taken = wish.take_plain(&mut rest)
                || wish.take_count(&mut rest)?
                || command.has_store() && wish.take_target(&mut rest)
                || command.is_search() && wish.take_place(args, &mut rest, zset)?
                || command == Command::SearchStore && wish.take_distance(&mut rest);
            if !taken {
                return Err(CommandError::Syntax);
            }
        }
        wish.checked(command, &args[0])
    }

    /// The shape and its centre.
    pub(super) fn place(&self) -> Option<(&Shape, Position)> {
        Some((self.shape.as_ref()?, self.centre?))
    }

    fn take_plain(&mut self, rest: &mut Cursor<'_>) -> bool {
        match () {
            () if rest.eat("WITHDIST") => self.with_distance = true,
            () if rest.eat("WITHHASH") => self.with_hash = true,
            () if rest.eat("WITHCOORD") => self.with_position = true,
            () if rest.eat("ANY") => self.is_any = true,
            () if rest.eat("ASC") => self.sort = Sort::Nearest,
            () if rest.eat("DESC") => self.sort = Sort::Farthest,
            () => return false,
        }
        true
    }

    fn take_count(&mut self, rest: &mut Cursor<'_>) -> Result<bool, CommandError> {
        let Some(count) = rest.eat_valued("COUNT") else {
            return Ok(false);
        };
        let count = integer(count)?;
        if count <= 0 {
            return Err(CommandError::text("ERR COUNT must be > 0"));
        }
        self.count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(true)
    }

    fn take_target(&mut self, rest: &mut Cursor<'_>) -> bool {
        let value_at = rest.position() + 1;
        let stores_distance = match () {
            () if rest.eat_valued("STORE").is_some() => false,
            () if rest.eat_valued("STOREDIST").is_some() => true,
            () => return false,
        };
        self.target = Some(value_at);
        self.stores_distance = stores_distance;
        true
    }

    fn take_distance(&mut self, rest: &mut Cursor<'_>) -> bool {
        let eaten = rest.eat("STOREDIST");
        self.stores_distance |= eaten;
        eaten
    }

    /// Takes `FROM…` or `BY…`.
    fn take_place(
        &mut self,
        args: Args<'_>,
        rest: &mut Cursor<'_>,
        zset: Option<ZsetRef<'_>>,
    ) -> Result<bool, CommandError> {
        let left = args.len() - rest.position() - 1;
        let is_polygon = matches!(self.shape, Some(Shape::Polygon { .. }));
        let is_circle = matches!(self.shape, Some(Shape::Circle { .. }));
        let is_box = matches!(self.shape, Some(Shape::Box { .. }));
        let may_be_named = self.centre.is_none() || self.is_centre_named;
        let may_be_given = !self.is_centre_named;
        if left >= 1 && !is_polygon && may_be_named && rest.eat("FROMMEMBER") {
            self.is_centre_named = true;
            let member = rest.bytes();
            if let Some(zset) = zset {
                self.centre = Some(position_of(zset, member)?);
            }
        } else if left >= 2 && !is_polygon && may_be_given && rest.eat("FROMLONLAT") {
            self.centre = Some(position(rest.bytes(), rest.bytes())?);
        } else if left >= 2 && !is_polygon && !is_box && rest.eat("BYRADIUS") {
            self.read_circle(rest.bytes(), rest.bytes())?;
        } else if left >= 3 && !is_polygon && !is_circle && rest.eat("BYBOX") {
            self.read_box(rest)?;
        } else if left >= 1 && self.may_be_polygon() && rest.eat("BYPOLYGON") {
            self.read_polygon(args, rest)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn may_be_polygon(&self) -> bool {
        match &self.shape {
            None => self.centre.is_none() && !self.is_centre_named,
            Some(shape) => matches!(shape, Shape::Polygon { .. }),
        }
    }

    fn read_circle(&mut self, radius: &[u8], unit: &[u8]) -> Result<(), CommandError> {
        let radius = length(radius, "ERR need numeric radius")?;
        if radius < 0.0 {
            return Err(CommandError::text("ERR radius cannot be negative"));
        }
        self.unit = metres(unit)?;
        self.shape = Some(Shape::Circle {
            radius: radius * self.unit,
        });
        Ok(())
    }

    fn read_box(&mut self, rest: &mut Cursor<'_>) -> Result<(), CommandError> {
        let width = length(rest.bytes(), "ERR need numeric width")?;
        let height = length(rest.bytes(), "ERR need numeric height")?;
        if width < 0.0 || height < 0.0 {
            return Err(CommandError::text("ERR height or width cannot be negative"));
        }
        self.unit = metres(rest.bytes())?;
        self.shape = Some(Shape::Box {
            width: width * self.unit,
            height: height * self.unit,
        });
        Ok(())
    }

    fn read_polygon(&mut self, args: Args<'_>, rest: &mut Cursor<'_>) -> Result<(), CommandError> {
        let count = integer(rest.bytes())
            .ok()
            .and_then(|count| i32::try_from(count).ok());
        let count = count.ok_or(CommandError::text("ERR invalid number of vertices"))?;
        let left = (args.len() - rest.position()) / 2;
        let count = usize::try_from(count)
            .ok()
            .filter(|count| (3..=left).contains(count));
        let Some(count) = count else {
            return Err(CommandError::text(
                "ERR GEOSEARCH BYPOLYGON must have at least 3 vertices",
            ));
        };
        let mut corners = Vec::new();
        for _ in 0..count {
            corners.push(position(rest.bytes(), rest.bytes())?);
        }
        self.centre = Some(shape::centre(&corners));
        self.shape = Some(Shape::Polygon { corners });
        Ok(())
    }

    /// Complains of what does not go together.
    fn checked(mut self, command: Command, name: &[u8]) -> Result<Self, CommandError> {
        let has_extras = self.with_distance || self.with_hash || self.with_position;
        if self.target.is_some() && has_extras {
            return Err(CommandError::GeoStoreExtras(match command {
                Command::SearchStore => "GEOSEARCHSTORE",
                _ => "STORE option in GEORADIUS",
            }));
        }
        if command.is_search() && self.centre.is_none() && !self.is_centre_named {
            return Err(CommandError::GeoCentre(word(name)));
        }
        if command.is_search() && self.shape.is_none() {
            return Err(CommandError::GeoShape(word(name)));
        }
        if self.is_any && self.count == 0 {
            return Err(CommandError::text(
                "ERR the ANY argument requires COUNT argument",
            ));
        }
        // The nearest members are wanted, unless any will do.
        if self.count > 0 && self.sort == Sort::None && !self.is_any {
            self.sort = Sort::Nearest;
        }
        Ok(self)
    }
}

fn word(name: &[u8]) -> Box<str> {
    String::from_utf8_lossy(name).into()
}

fn position_of(zset: ZsetRef<'_>, member: &[u8]) -> Result<Position, CommandError> {
    let score = zset.score(member);
    score.map(Position::of_score).ok_or(CommandError::text(
        "ERR could not decode requested zset member",
    ))
}
