//! The contract's types as the bindings spell them, and as the data layer does: the same fields, moved from one to the other. The provider
//! for Spin is built with this file as well, on bindings of its own.

use crate::bindings::{auth, lists, search, statistics, storage, types};
use lectern_data::model;
use lectern_data::statistics as data;

pub(crate) fn acl(acl: Vec<types::AccessEntry>) -> model::Acl {
    acl.into_iter()
        .map(|types::AccessEntry { role, action, allow }| model::AccessEntry { role, action, allow })
        .collect()
}

pub(crate) fn assignments(fields: Vec<storage::Assignment>) -> Vec<model::Assignment> {
    let assignment = |storage::Assignment { field, value }| model::Assignment {
        field,
        value: value.into(),
    };
    fields.into_iter().map(assignment).collect()
}

impl From<storage::Processing> for model::Processing {
    fn from(processing: storage::Processing) -> Self {
        let storage::Processing {
            workflow,
            configuration,
        } = processing;
        Self {
            workflow,
            configuration,
        }
    }
}

impl From<types::Value> for model::Value {
    fn from(value: types::Value) -> Self {
        match value {
            types::Value::None => Self::None,
            types::Value::Text(text) => Self::Text(text),
            types::Value::Texts(texts) => Self::Texts(texts),
            types::Value::Number(number) => Self::Number(number),
            types::Value::Flag(flag) => Self::Flag(flag),
            types::Value::Document(document) => Self::Document(document),
        }
    }
}

impl From<model::Value> for types::Value {
    fn from(value: model::Value) -> Self {
        match value {
            model::Value::None => Self::None,
            model::Value::Text(text) => Self::Text(text),
            model::Value::Texts(texts) => Self::Texts(texts),
            model::Value::Number(number) => Self::Number(number),
            model::Value::Flag(flag) => Self::Flag(flag),
            model::Value::Document(document) => Self::Document(document),
        }
    }
}

impl From<model::Error> for types::Error {
    fn from(error: model::Error) -> Self {
        let model::Error {
            reason,
            message,
            subject,
            document,
        } = error;
        let reason = match reason {
            model::Reason::Missing => types::Reason::Missing,
            model::Reason::Denied => types::Reason::Denied,
            model::Reason::Invalid => types::Reason::Invalid,
            model::Reason::Conflict => types::Reason::Conflict,
            model::Reason::Changed => types::Reason::Changed,
            model::Reason::Busy => types::Reason::Busy,
            model::Reason::Full => types::Reason::Full,
            model::Reason::Fault => types::Reason::Fault,
        };
        Self {
            reason,
            message,
            subject,
            document,
        }
    }
}

impl From<auth::Request> for model::Request {
    fn from(request: auth::Request) -> Self {
        let auth::Request {
            method,
            path_with_query,
            headers,
        } = request;
        Self {
            method,
            path_with_query,
            headers,
        }
    }
}

impl From<model::Denial> for auth::Denial {
    fn from(denial: model::Denial) -> Self {
        let model::Denial {
            status,
            message,
            headers,
        } = denial;
        Self {
            status,
            message,
            headers,
        }
    }
}

impl From<model::Principal> for auth::Principal {
    fn from(principal: model::Principal) -> Self {
        let model::Principal {
            username,
            name,
            email,
            provider,
            user_role,
            roles,
            administrator: _,
        } = principal;
        Self {
            username,
            name,
            email,
            provider,
            user_role,
            roles,
        }
    }
}

impl From<model::Organization> for auth::Organization {
    fn from(organization: model::Organization) -> Self {
        let model::Organization {
            identifier,
            name,
            admin_role,
            anonymous_role,
            properties,
        } = organization;
        Self {
            identifier,
            name,
            admin_role,
            anonymous_role,
            properties,
        }
    }
}

impl From<search::Query> for model::Query {
    fn from(query: search::Query) -> Self {
        let search::Query {
            collection,
            filters,
            sort,
            offset,
            limit,
            cursor,
            actions,
            fields,
            with_acl,
            with_total,
        } = query;
        let filters = filters
            .into_iter()
            .map(|all| all.into_iter().map(model::Criterion::from).collect())
            .collect();
        let key = |search::SortKey { field, descending }| model::SortKey { field, descending };
        let sort = sort.into_iter().map(key).collect();
        Self {
            collection,
            filters,
            sort,
            offset,
            limit,
            cursor,
            actions,
            fields,
            with_acl,
            with_total,
        }
    }
}

impl From<search::Criterion> for model::Criterion {
    fn from(criterion: search::Criterion) -> Self {
        let test = match criterion.test {
            search::Test::Equals(texts) => model::Test::Equals(texts),
            search::Test::Between((from, to)) => model::Test::Between(from, to),
            search::Test::Contains(text) => model::Test::Contains(text),
        };
        Self {
            field: criterion.field,
            test,
        }
    }
}

impl From<model::Page> for search::Page {
    fn from(page: model::Page) -> Self {
        let model::Page {
            items,
            acls,
            total,
            next,
        } = page;
        let entry = |model::AccessEntry { role, action, allow }| types::AccessEntry { role, action, allow };
        let acls = acls
            .into_iter()
            .map(|acl| acl.into_iter().map(entry).collect())
            .collect();
        Self {
            items: items.into_iter().map(search::Item::from).collect(),
            acls,
            total,
            next,
        }
    }
}

impl From<model::ListPart> for lists::Part {
    fn from(part: model::ListPart) -> Self {
        let entry = |model::ListEntry { key, value }| lists::Entry { key, value };
        Self {
            entries: part.entries.into_iter().map(entry).collect(),
            more: part.more,
        }
    }
}

impl From<model::Item> for search::Item {
    fn from(item: model::Item) -> Self {
        let model::Item {
            identifier,
            sequence,
            values,
            acl,
        } = item;
        Self {
            identifier,
            sequence,
            values: values.into_iter().map(types::Value::from).collect(),
            acl,
        }
    }
}

impl From<&data::Provider> for statistics::Provider {
    fn from(provider: &data::Provider) -> Self {
        let resolutions = provider.resolutions.iter();
        Self {
            identifier: provider.identifier.clone(),
            title: provider.title.clone(),
            description: provider.description.clone(),
            resource_type: provider.resource_type.as_str().to_owned(),
            resolutions: resolutions.map(|resolution| resolution.as_str().to_owned()).collect(),
        }
    }
}

impl From<statistics::Question> for data::Question {
    fn from(question: statistics::Question) -> Self {
        let statistics::Question {
            provider,
            resource_type,
            resource_id,
            from,
            to,
            resolution,
        } = question;
        Self {
            provider,
            resource_type,
            resource_id,
            from,
            to,
            resolution,
        }
    }
}

impl From<data::TimeSeries> for statistics::TimeSeries {
    fn from(series: data::TimeSeries) -> Self {
        let bucket = |(bucket, value): (data::Bucket, f64)| statistics::Bucket {
            start: bucket.start,
            offset: bucket.offset,
            value,
        };
        Self {
            buckets: series.buckets.into_iter().map(bucket).collect(),
            total: series.total,
        }
    }
}
